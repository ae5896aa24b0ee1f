"""Two shops, and a row of each in every table: whoever sees one shop is shown the other's row by no model."""

import pytest
from sqlalchemy import func, select

from bot.db import HEAD_OFFICE, SHARED, Scope
from bot.db.types import table_of
from bot.tables import TABLES
from tests.support.rows_of import SHELF, Rows, is_somebodys

OURS, THEIRS = 333, 777

SHOWN = "what travellers of every shop are shown or told; the head office writes it"
RULES = "rules by which the whole group lives; the head office writes them"
NAMES = "names for sorting and filtering, the same in every shop"
WECHAT = "how an account at WeChat is set up: there is one for all shops"
# What everybody of the back office may read, and why that gives no shop away. A model of travellers, of
# orders, of anything that happened in one shop does not belong here.
COMMON = {
    "Account": WECHAT,
    "Article": SHOWN,
    "ArticleAtWeChat": SHOWN,
    "AutoReply": SHOWN,
    "Campaign": NAMES,
    "ChannelDay": "up to when figures are added up: a day, and nobody's figures",
    "ChannelGroup": NAMES,
    "CouponHandout": RULES,
    "CouponTemplate": RULES,
    "CouponVersion": RULES,
    "EarningDraft": RULES,
    "EarningVersion": RULES,
    "LevelDraft": RULES,
    "LevelVersion": RULES,
    "MallCategory": SHOWN,
    "MallRebateTerms": RULES,
    "Material": SHOWN,
    "MaterialAtWeChat": SHOWN,
    "MaterialUse": "which of our own texts say a material, so that none in use is withdrawn; names, no travellers",
    "Menu": SHOWN,
    "MenuDraft": SHOWN,
    "PointLimit": RULES,
    "PolicyVersion": SHOWN,
    "PosterDesign": SHOWN,
    "PosterDesignShop": "which shops may use a design: not what they do with it",
    "PosterDesignVersion": SHOWN,
    "ReachContent": "words kept once for all they were said to; who they are is in ReachNotice, which has a scope",
    "ReachIndustry": WECHAT,
    "ReachMapping": WECHAT,
    "ReachSettings": RULES,
    "ReachTemplate": WECHAT,
    "ReplyHits": "how often a rule of the whole group answered",
    "Series": SHOWN,
    "SeriesVersion": SHOWN,
    "ShortLink": "where texts lead; who followed is in LinkClick, which has a scope",
    "Tag": NAMES,
    "TagNeed": WECHAT,
    "TagRule": RULES,
    "WeChatTag": WECHAT,
}


@pytest.fixture
def world(db):
    with db.connection() as connection:
        for mark, number in (("甲密", OURS), ("乙密", THEIRS)):
            Rows(connection, mark, number=number).make_all()
    return Scope(shops=frozenset({OURS}), branches=frozenset({OURS}), user=OURS)


def test_what_everybody_reads_is_listed_with_the_reason():
    assert {model.__name__ for model in TABLES if model.__scope__ == SHARED} == set(COMMON)
    people = {"fan", "member", "message", "staff", "mall_order", "purchase", "desk_request", "coupon"}
    for model in TABLES:
        points_at = {key.column.table.name for key in table_of(model).foreign_keys}
        assert model.__scope__ != SHARED or not points_at & people, model.__name__


def test_the_shelf_of_the_mall_is_one_for_all_shops(db, world):
    for model in SHELF:
        with db.scoped(world) as session:
            assert len(session.scalars(select(model)).all()) == 1, model.__name__


def test_no_model_shows_the_other_shops_row(db, world):
    for model in filter(is_somebodys, TABLES):
        keys = [column.key for column in table_of(model).primary_key.columns]
        with db.reading() as session:
            both = [tuple(getattr(row, key) for key in keys) for row in session.scalars(select(model))]
        theirs = [key for key in both if THEIRS in key or OURS not in key]
        with db.scoped(world) as session:
            seen = [tuple(getattr(row, key) for key in keys) for row in session.scalars(select(model))]
            counted = session.scalar(select(func.count()).select_from(model))
            guessed = session.get(model, theirs[0]) if len(theirs) == 1 else None

        assert (len(both), len(theirs)) == (2, 1), f"{model.__name__}: a row of each shop was not made"
        assert (counted, set(seen) & set(theirs), guessed) == (1, set(), None), model.__name__


def test_the_head_offices_rows_are_shown_to_no_shop(db, world):
    for model in TABLES:
        if model.__scope__ == HEAD_OFFICE:
            with db.scoped(world) as session:
                assert session.scalars(select(model)).all() == [], model.__name__

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, SHARED, Base, Key, Name
from bot.db.types import BIG

LONG = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


class Kind(enum.StrEnum):
    """What a material is. A thumb is the small picture that music needs."""

    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    THUMB = "thumb"
    ARTICLE = "article"


class Lifetime(enum.StrEnum):
    """How WeChat keeps a file: for good, for three days, or inside articles, where it has an address only."""

    PERMANENT = "permanent"
    TEMPORARY = "temporary"
    INLINE = "inline"


class PlaceState(enum.StrEnum):
    """Whether WeChat has a file: it is being asked to take it, it has it, or it said no."""

    ASKING = "asking"
    THERE = "there"
    REFUSED = "refused"


class ArticleState(enum.StrEnum):
    """How far an article is at an account."""

    WANTED = "wanted"
    DRAFT = "draft"
    ASKING = "asking"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    REFUSED = "refused"


class Material(Base):
    """One thing of ours that accounts may say. It is archived, never deleted: audits and messages name it.

    `file_id` is what was checked and kept, `preview_file_id` a small picture
    of it; neither ever changes.  An article has an `Article` row instead.
    """

    __tablename__ = "material"
    __scope__ = SHARED
    __table_args__ = (Index("ix_material_kind_id", "kind", "id"), Base.__table_args__)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[Name]
    description: Mapped[str] = mapped_column(String(120), default="")
    media_type: Mapped[str] = mapped_column(String(40), default="")
    size: Mapped[int] = mapped_column(default=0)
    width: Mapped[int | None]
    height: Mapped[int | None]
    milliseconds: Mapped[int | None]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("file.id"))
    preview_file_id: Mapped[int | None] = mapped_column(ForeignKey("file.id"))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64), default="")
    archived_at: Mapped[datetime | None]


class Article(Base):
    """What an article says; its title is the material's.

    `body` is HTML that `bot.materials.bodies` has cleaned, with pictures by the
    ids of materials.  Whoever saves over a newer `version` is told.
    """

    __tablename__ = "article"
    __scope__ = SHARED

    material_id: Mapped[int] = mapped_column(ForeignKey("material.id"), primary_key=True, autoincrement=False)
    author: Mapped[str] = mapped_column(String(16), default="")
    digest: Mapped[str] = mapped_column(String(120), default="")
    cover_id: Mapped[int | None] = mapped_column(ForeignKey("material.id"))
    source_url: Mapped[str] = mapped_column(String(500), default="")
    body: Mapped[str] = mapped_column(LONG)
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(BIG)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape


class MaterialAtWeChat(Base):
    """One file of ours as one account has it: a media id is good at that account only."""

    __tablename__ = "material_at_wechat"
    __scope__ = SHARED
    __table_args__ = (UniqueConstraint("account_id", "material_id", "lifetime"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    material_id: Mapped[int] = mapped_column(ForeignKey("material.id"), index=True)
    lifetime: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    media_id: Mapped[str | None] = mapped_column(String(128))
    url: Mapped[str | None] = mapped_column(String(500))
    expires_at: Mapped[datetime | None]
    trouble: Mapped[str | None] = mapped_column(String(500))
    changed_at: Mapped[datetime]


class ArticleAtWeChat(Base):
    """One article of ours as one account has it: its draft there, and where it is read once published.

    `draft_version` is the version the draft holds, `published_version` the one
    that is read.  `wants_publishing` says that a draft is not enough.
    """

    __tablename__ = "article_at_wechat"
    __scope__ = SHARED
    __table_args__ = (UniqueConstraint("account_id", "material_id"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    material_id: Mapped[int] = mapped_column(ForeignKey("material.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    wants_publishing: Mapped[bool]
    draft_media_id: Mapped[str | None] = mapped_column(String(128))
    draft_version: Mapped[int | None]
    publish_id: Mapped[str | None] = mapped_column(String(64))
    publish_status: Mapped[int | None]
    article_id: Mapped[str | None] = mapped_column(String(128))
    published_version: Mapped[int | None]
    url: Mapped[str | None] = mapped_column(String(500))
    cover_url: Mapped[str | None] = mapped_column(String(500))
    trouble: Mapped[str | None] = mapped_column(String(500))
    changed_at: Mapped[datetime]


class MaterialUse(Base):
    """Something of ours that says a material: `user` is its table, `user_id` its row.

    Without an account it is said by all of them.  Written by
    `bot.materials.uses` alone, and what keeps a material from being archived.
    """

    __tablename__ = "material_use"
    __scope__ = SHARED
    __table_args__ = (Index("ix_material_use_user_user_id", "user", "user_id"), Base.__table_args__)

    material_id: Mapped[int] = mapped_column(ForeignKey("material.id"), primary_key=True, autoincrement=False)
    user: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    lifetime: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(64))


class MaterialCount(Base):
    """How much permanent material WeChat said an account has, and when it said so."""

    __tablename__ = "material_count"
    __scope__ = HEAD_OFFICE

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    images: Mapped[int]
    voices: Mapped[int]
    videos: Mapped[int]
    drafts: Mapped[int]
    asked_at: Mapped[datetime]

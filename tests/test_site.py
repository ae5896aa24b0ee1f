"""The docs as a site: every page is there in English and in Chinese, and says in both the same."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
ENGLISH_ONLY = {"benchmarks"}  # figures that change with every measuring; decisions stand in English, too
CHINESE = {
    str(page.relative_to(ROOT)).removesuffix(".zh.md"): page
    for page in [ROOT / "README.zh.md", *DOCS.rglob("*.zh.md")]
}
FENCE = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)


def english_of(page):
    return page.with_name(page.name.removesuffix(".zh.md") + ".md")


def text_of(page):
    return page.read_text("utf-8")


def headings(page):
    return re.findall(r"^(#+) (.+)$", FENCE.sub("", text_of(page)), re.MULTILINE)


def anchors(page):
    """Return the anchors GitHub makes of a page's headings, as the site does by pymdownx.slugs."""
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)|[`*]", r"\1", title) for _level, title in headings(page))
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in plain}


def test_every_page_the_site_leads_to_exists():
    source = text_of(ROOT / "mkdocs.yml")
    named = set(re.findall(r"^ +- .+: (\S+\.md)$", source, re.MULTILINE))
    here = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if "decisions" not in page.parts}

    assert len(named) > 25
    assert named == {page for page in here if not page.endswith(".zh.md")}


def test_every_title_of_the_navigation_is_there_in_chinese():
    source = text_of(ROOT / "mkdocs.yml")
    titles = set(re.findall(r"^ +- ([^:]+):(?: \S+\.md)?$", source.partition("\nnav:\n")[2], re.MULTILINE))
    told = dict(re.findall(r"^ {12}([^:]+): (.*[\u4e00-\u9fff].*)$", source, re.MULTILINE))

    assert titles - {"Yizhan 驿站"} == told.keys()


def test_every_page_is_there_in_chinese():
    english = {page for page in DOCS.rglob("*.md") if "decisions" not in page.parts} - set(CHINESE.values())
    missing = {page.stem for page in english if not page.with_suffix(".zh.md").exists()}

    assert missing == ENGLISH_ONLY


@pytest.mark.parametrize("page", CHINESE.values(), ids=CHINESE)
def test_both_languages_have_the_same_parts(page):
    english, chinese = text_of(english_of(page)), text_of(page)

    assert FENCE.findall(english) == FENCE.findall(chinese)
    levels = [[level for level, _title in headings(each)] for each in (english_of(page), page)]
    assert levels[0] == levels[1]
    rows = [re.findall(r"^\|(.*)\|$", text, re.MULTILINE) for text in (english, chinese)]
    assert [row.count("|") for row in rows[0]] == [row.count("|") for row in rows[1]]


@pytest.mark.parametrize("page", CHINESE.values(), ids=CHINESE)
def test_a_chinese_page_leads_to_chinese_pages(page):
    # What is called English is meant to lead to the English one; decisions stand in English alone.
    targets = re.findall(r"(?<!\[English)\]\((?!http)([^)#]+\.md)", text_of(page))
    could = [one for one in targets if not one.endswith(".zh.md") and "/decisions/" not in f"/{one}"]

    assert [one for one in could if (page.parent / one).with_suffix(".zh.md").exists()] == []


def test_links_between_documents_lead_somewhere():
    for page in [ROOT / "README.md", ROOT / "README.zh.md", *DOCS.rglob("*.md")]:
        for target, anchor in re.findall(r"\]\((?!http)([^)#]*)(?:#([^)]+))?\)", text_of(page)):
            aim = page.parent / target if target else page
            assert aim.exists(), f"{page.name} → {target}"
            if anchor and aim.suffix == ".md":
                assert anchor in anchors(aim), f"{page.name} → {target}#{anchor}"

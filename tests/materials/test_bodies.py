"""Whatever is sent as an article's text, only harmless HTML is left."""

import pytest

from bot.materials import bodies

NASTY = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<img src="https://evil.example/p.png" data-material="1">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" java\tscript:alert(1)">x</a>',
    '<a href="https://a.example" onclick="alert(1)" style="position:fixed" class="x" target="_top">x</a>',
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<iframe src=https://evil.example></iframe>",
    "<form action=https://evil.example><input name=a></form>",
    "<style>*{background:url(https://evil.example)}</style>",
    "<p style='background:url(https://evil.example)'>x</p>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<img data-material="1" alt="\'> <script>alert(1)</script>">',
    '<img data-material="1&quot; onerror=alert(1)">',
    "<base href=https://evil.example><meta http-equiv=refresh content=0>",
    "<p>{{ 7*7 }}</p><x-custom onclick=a>text</x-custom>",
]


@pytest.mark.parametrize("sent", NASTY)
def test_nothing_that_runs_loads_or_moves_is_left(sent):
    kept = bodies.clean(f"<p>before</p>{sent}<p>after</p>")

    lowered = kept.lower()
    for word in (
        "<script",
        "onerror",
        "onclick",
        "style=",
        "src=",
        "javascript:",
        "evil.example",
        "<iframe",
        "<form",
    ):
        assert word not in lowered, kept
    assert "<p>before</p>" in kept
    assert bodies.clean(kept) == kept


def test_what_articles_are_made_of_stays():
    sent = (
        '<h2>云海</h2><p>看<strong>日出</strong>，<a href="https://example.com/a?b=1">详情</a></p><ul><li>一</li></ul>'
        '<blockquote>慢</blockquote><img data-material="7" alt="山">'
    )

    assert bodies.clean(sent) == sent
    assert bodies.pictures(sent) == [7]


def test_what_browsers_make_of_enter_becomes_paragraphs():
    assert bodies.clean("<div>一</div><div><br></div><div>二</div>") == "<p>一</p><p><br></p><p>二</p>"


def test_pictures_get_the_address_of_where_they_are_shown_and_are_left_out_without_one():
    body = '<p>一</p><img data-material="7" alt="山"><img data-material="8" alt="">'

    shown = bodies.with_addresses(body, {7: 'http://mmbiz.example/a?x="y'})

    assert shown == '<p>一</p><img src="http://mmbiz.example/a?x=&quot;y" alt="山">'

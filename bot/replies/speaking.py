"""Words with the facts of a shop in them."""

from bot.materials.documents import Answer
from bot.organisation.directory import ShopFacts
from bot.wechat.replies import Text

NO_SHOP = ShopFacts(id=0, name="驿站", branch="总部", address="", phone="", hours="")


def with_shop(reply: Answer, shop: ShopFacts | None) -> Answer | None:
    """Return `reply` with {门店} {分公司} {地址} {电话} {营业时间} filled in from `shop`.

    Only these are replaced, as plain text; other braces stay as they are.  A
    line that would have nothing in its place is left out: a traveller who came
    through no shop's code is not told 「地址：」.  None when no line is left.
    """
    if not isinstance(reply, Text) or "{" not in reply.content:
        return reply
    facts = shop or NO_SHOP
    values = {
        "{门店}": facts.name,
        "{分公司}": facts.branch,
        "{地址}": facts.address,
        "{电话}": facts.phone,
        "{营业时间}": facts.hours,
    }
    lines = [
        line
        for line in reply.content.split("\n")
        if all(value or name not in line for name, value in values.items())
    ]
    text = "\n".join(lines)
    for name, value in values.items():
        text = text.replace(name, value)
    return Text(text) if text.strip() else None

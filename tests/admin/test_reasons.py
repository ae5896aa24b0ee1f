"""Whoever takes rows of people along says what for, and it stands in the audit; figures need no reason."""

import pytest

from admin.access import access_of
from bot.users.roles import Permission

PEOPLE = {
    "/admin/audit/export": "audit.exported",
    "/admin/counter/export": "counter.exported",
    "/admin/coupons/issued/export": "coupon.exported",
    "/admin/exports/fans": "fans.exported",
    "/admin/exports/messages": "messages.exported",
    "/admin/levels/members/export": "levels.exported",
    "/admin/mall/orders/export": "mall_order.exported",
    "/admin/members/export": "member.exported",
    "/admin/purchases/sheet/export": "purchases.exported",
    "/admin/staff/sheet/export": "staff.exported",
}
FIGURES = {
    "/admin/channel-figures/export",
    "/admin/coupons/figures/export",
    "/admin/desk/figures/export",
    "/admin/platform-figures/export",
    "/admin/points/report/export",
}
# Rows of nobody: places, rules, codes that hang on walls. Posters are printed for the staff they name.
THINGS = {
    "/admin/branches/sheet/export",
    "/admin/channels/<int:key>/download/<form>",
    "/admin/channels/download",
    "/admin/posters/staff",
    "/admin/replies/sheet/export",
    "/admin/shops/sheet/export",
}
# Has a test of its own, with a broadcast; and the accountant's sheet, whose purpose is its name.
OTHERS = {"/admin/broadcasts/<int:key>/export", "/admin/mall/rebates/export"}


def exports(office):
    return [one for one in office.audit() if one.action.endswith(".exported")]


@pytest.mark.parametrize("path", PEOPLE)
def test_rows_of_people_are_handed_over_for_a_reason(office, path):
    alice = office.inside("alice")

    refused = alice.post(path)

    assert "attachment" not in refused.headers.get("Content-Disposition", "")
    assert refused.status_code in {303, 422}
    assert exports(office) == []
    given = alice.post(path, reason="年度盘点")
    assert "attachment" in given.headers["Content-Disposition"]
    [entry] = exports(office)
    assert (entry.action, entry.reason) == (PEOPLE[path], "年度盘点")


@pytest.mark.parametrize("path", sorted(FIGURES))
def test_figures_are_handed_over_and_written_down(office, path):
    alice = office.inside("alice")

    assert "attachment" in alice.post(path).headers["Content-Disposition"]
    assert office.audit()[-1].action.endswith("exported")


def test_every_export_is_of_people_or_says_that_it_is_not(office):
    found = set()
    for rule in office.app.url_map.iter_rules():
        if not rule.rule.startswith("/admin/"):
            continue
        access = access_of(office.app.view_functions[rule.endpoint])
        takes = isinstance(access, Permission) and access.value.endswith(".export")
        if "POST" in rule.methods and (takes or rule.rule.endswith("/export")):
            found.add(rule.rule)

    assert found == {*PEOPLE, *FIGURES, *THINGS, *OTHERS}

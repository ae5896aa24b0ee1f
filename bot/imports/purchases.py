"""A sheet of purchases: what a till that speaks no HTTP exports. A receipt that is known is left alone."""

import re
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select

from bot.earning import buying
from bot.imports.looking import Cells, Kind, Look, Problem
from bot.members.models import Member
from bot.moments import HERE
from bot.organisation.models import Shop
from bot.purchases import customers, recording
from bot.purchases.models import Payment, Purchase, PurchaseState
from bot.purchases.receipts import BadReceipt, Line, Receipt
from bot.purchases.recording import By, NumberReused
from bot.sheets import Column

PAYMENTS = {
    "微信": Payment.WECHAT,
    "微信支付": Payment.WECHAT,
    "支付宝": Payment.ALIPAY,
    "银行卡": Payment.CARD,
    "刷卡": Payment.CARD,
    "现金": Payment.CASH,
    "转账": Payment.TRANSFER,
    "其他": Payment.OTHER,
    **{one.value: one for one in Payment},
}
SAID = {
    Payment.WECHAT: "微信",
    Payment.ALIPAY: "支付宝",
    Payment.CARD: "银行卡",
    Payment.CASH: "现金",
    Payment.TRANSFER: "转账",
    Payment.OTHER: "其他",
}
AUDITED = ("shop_id", "number", "member_id", "amount", "payment", "state")
CARD = re.compile(r"M[A-Z2-7]{10}", re.IGNORECASE)
FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")


class Purchases(Kind[Purchase]):
    """Purchases by shop and number. The member is named by telephone or by the number on the card."""

    name = "purchases"
    model = Purchase

    def make_columns(self) -> tuple[Column, ...]:
        """Return the columns; the shops are those of the visitor."""
        rows = self.session.execute(select(Shop.id, Shop.name).order_by(Shop.name)).all()
        self._shops = {row.name: row.id for row in rows}
        self._names = {row.id: row.name for row in rows}
        return (
            Column("shop", "门店", "Shop", is_needed=True, choices=tuple(self._shops), width=24),
            Column(
                "number",
                "小票号",
                "Receipt",
                others=("单号", "订单号"),
                is_needed=True,
                example="A20260601001",
            ),
            Column(
                "member",
                "会员",
                "Member",
                "手机号，或会员卡号",
                "A telephone, or the number on the card",
                others=("手机号", "会员卡号"),
                is_needed=True,
            ),
            Column(
                "amount",
                "金额（元）",
                "Amount (yuan)",
                others=("金额", "amount"),
                is_needed=True,
                example="128.00",
            ),
            Column("payment", "支付方式", "Paid by", choices=tuple(SAID.values())),
            Column(
                "occurred_at",
                "时间",
                "When",
                "2026-06-01 12:30，按北京时间",
                "2026-06-01 12:30, China time",
                others=("消费时间", "日期"),
                is_needed=True,
                width=20,
            ),
            Column("category", "品类", "Category"),
        )

    def load(self) -> None:
        """Nothing: receipts are looked up one by one, however many there are."""

    def name_of(self, cells: Cells) -> str:
        """Return the receipt's number."""
        return cells.get("number")

    def match(self, cells: Cells) -> Purchase | None:
        """Return the receipt if the shop has it."""
        shop_id = self._shop(cells)
        number = cells.text("number", longest=64)
        if shop_id is None or not number:
            return None
        self.once(("receipt", shop_id, number), cells, "number")
        return recording.find(self.session, shop_id=shop_id, number=number)

    def read(self, cells: Cells, row: Purchase | None) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the receipt; one that is known otherwise is wrong."""
        shop_id = self._shop(cells)
        amount, at = self._amount(cells), self._moment(cells)
        payment = cells.choice("payment", PAYMENTS, Payment.OTHER)
        category = cells.text("category", longest=64, required=False)
        member = self._member(cells)
        if shop_id is None or amount is None or at is None or member is None:
            return {}, {}
        lines = (Line("", "", category, 1, amount),) if category else ()
        receipt = Receipt(cells.get("number"), amount, payment, at, lines)
        assert self.around.now is not None
        try:
            receipt.check(now=self.around.now, oldest=None)
        except BadReceipt as error:
            cells.wrong(
                {"occurred_at": "occurred_at", "number": "number"}.get(error.field, "amount"), error.code
            )
        if row is not None and not recording.is_same(self.session, row, receipt, member.id):
            cells.wrong("number", "number_reused")
        facts = {"receipt": receipt, "shop_id": shop_id, "member_id": member.id}
        return facts, {} if row is not None else {"amount": cells.get("amount")}

    def shown(self, row: Purchase) -> dict[str, str]:
        """Return the columns of a purchase; the member by the number on the card."""
        member = self.session.get(Member, row.member_id)
        categories = [item["category"] for item in row.items if item["category"]]
        return {
            "shop": self._names.get(row.shop_id, ""),
            "number": row.number,
            "member": member.number if member else "",
            "amount": f"{Decimal(row.amount) / 100:.2f}",
            "payment": SAID[Payment(row.payment)],
            "occurred_at": f"{row.occurred_at.astimezone(HERE):%Y-%m-%d %H:%M:%S}",
            "category": "、".join(dict.fromkeys(categories)),
        }

    def put(self, look: Look) -> Purchase:
        """Write it down; above the limit it waits for a second person."""
        receipt: Receipt = look.facts["receipt"]
        assert self.around.now is not None
        waits = receipt.amount > self.around.approve_above
        try:
            bought = buying.buy(
                self.session,
                self.around.vault,
                receipt,
                shop_id=look.facts["shop_id"],
                member_id=look.facts["member_id"],
                state=PurchaseState.WAITING if waits else PurchaseState.COUNTED,
                by=By("sheet", "sheet", self.around.scope.user),
                now=self.around.now,
            )
        except NumberReused:
            # Somebody else's a moment ago: the next look says so.
            return recording.find(  # type: ignore[return-value]
                self.session, shop_id=look.facts["shop_id"], number=receipt.number
            )
        return bought.purchase

    def said(self, row: Purchase) -> dict[str, Any]:
        """Return the facts for the audit."""
        return {name: getattr(row, name) for name in AUDITED}

    def taken(self) -> Problem:
        """Return what a refusal of the database means."""
        return Problem("number_reused", self.columns[1])

    def _shop(self, cells: Cells) -> int | None:
        name = cells.text("shop", longest=64)
        if name and name not in self._shops:
            cells.wrong("shop", "no_such_shop", text=name[:40])
        return self._shops.get(name)

    def _member(self, cells: Cells) -> Member | None:
        typed = cells.text("member", longest=64)
        if not typed:
            return None
        if self.around.vault is None:
            cells.wrong("member", "no_keys")
            return None
        assert self.around.now is not None
        by = customers.By.CARD if CARD.fullmatch(typed) else customers.By.PHONE
        member = customers.find(self.session, self.around.vault, by, typed, now=self.around.now)
        if member is None:
            cells.wrong("member", "no_such_member")
        return member

    def _amount(self, cells: Cells) -> int | None:
        typed = cells.text("amount", longest=20).lstrip("¥￥").replace(",", "")
        try:
            value = Decimal(typed) * 100
        except InvalidOperation:
            value = Decimal(0)
        if typed and (not value.is_finite() or value != value.to_integral_value() or not 0 < value < 10**13):
            cells.wrong("amount", "not_an_amount", text=typed[:40])
        return int(value) if value.is_finite() and 0 < value < 10**13 else None

    def _moment(self, cells: Cells) -> datetime | None:
        typed = cells.text("occurred_at", longest=30).replace("T", " ")
        for form in FORMS:
            try:
                found = datetime.strptime(typed, form).replace(tzinfo=HERE)
            except ValueError:
                continue
            # A day without a time is its noon: never another day, whatever the zone.
            return found if ":" in typed else datetime.combine(found.date(), time(12), HERE)
        if typed:
            cells.wrong("occurred_at", "not_a_moment", text=typed[:40])
        return None

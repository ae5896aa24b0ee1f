"""What was typed into a form: fields cleaned and bounded, and what is wrong with each in short Chinese."""

from datetime import date

from flask import request

from bot.privacy import NotANumber, phones

# Where travellers' telephones are from; the first is offered.
COUNTRIES = {
    "+86": "中国大陆 +86",
    "+852": "香港 +852",
    "+853": "澳门 +853",
    "+886": "台湾 +886",
    "+65": "新加坡 +65",
    "+60": "马来西亚 +60",
    "+81": "日本 +81",
    "+82": "韩国 +82",
    "+1": "美国 加拿大 +1",
    "+44": "英国 +44",
    "+61": "澳大利亚 +61",
    "": "其他地区",
}
OLDEST = 120


class Form:
    """One form as it was sent; `wrong` notes what to say beside a field."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    @property
    def is_right(self) -> bool:
        """Tell whether nothing is wrong so far."""
        return not self.errors

    def wrong(self, field: str, words: str) -> None:
        """Say `words` beside `field`; the first that was said stays."""
        self.errors.setdefault(field, words)

    def text(self, field: str, *, longest: int) -> str:
        """Return what was typed on one line, without what cannot be seen."""
        typed = "".join(one for one in request.form.get(field, "") if one.isprintable())
        text = " ".join(typed.split())
        if len(text) > longest:
            self.wrong(field, f"最多 {longest} 个字")
        return text[:longest]

    def is_ticked(self, field: str) -> bool:
        """Tell whether the box was ticked."""
        return request.form.get(field) == "yes"

    def number(
        self, field: str, *, country: str = "country", words: str = "这个号码不完整，请检查一下"
    ) -> str:
        """Return the telephone in E.164; empty, with something wrong, if it is none."""
        typed = self.text(field, longest=30)
        code = request.form.get(country, "+86")
        if not typed:
            self.wrong(field, "请填写手机号")
            return ""
        if code not in COUNTRIES:
            code = "+86"
        whole = typed if typed.startswith(("+", "＋", "00")) else f"{code}{typed}"
        if whole.startswith("00"):
            whole = f"+{whole[2:]}"
        if not whole.startswith(("+", "＋")):
            self.wrong(field, "请从国家或地区代码写起，例如 +33612345678")
            return ""
        try:
            return phones.parse(whole)
        except NotANumber:
            self.wrong(field, words)
            return ""

    def optional_number(self, field: str) -> str | None:
        """Return a telephone of mainland China, or with its own +, or None for an empty field."""
        if not request.form.get(field, "").strip():
            return None
        return self.number(field, country="-", words="推荐人的号码不完整，可以留空") or None

    def code(self, field: str = "code") -> str:
        """Return the six digits of a message."""
        typed = (
            self.text(field, longest=20)
            .replace(" ", "")
            .translate(str.maketrans("０１２３４５６７８９", "0123456789"))
        )
        if not typed:
            self.wrong(field, "请填写短信里的验证码")
        elif not (len(typed) == 6 and typed.isascii() and typed.isdigit()):
            self.wrong(field, "验证码是 6 位数字")
        return typed

    def day(self, field: str, *, today: date) -> date | None:
        """Return a birthday, or None for an empty field."""
        typed = self.text(field, longest=20)
        if not typed:
            return None
        try:
            found = date.fromisoformat(typed)
        except ValueError:
            self.wrong(field, "请按 1990-05-01 这样填写")
            return None
        if not today.replace(year=today.year - OLDEST, day=1) <= found <= today:
            self.wrong(field, "请检查一下年份")
            return None
        return found

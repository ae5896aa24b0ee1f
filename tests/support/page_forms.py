"""The links and forms of a page, as a browser has them: what it would send if nobody touched anything."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

CHOSEN = {"hidden", "select", "checkbox", "radio", "submit", "file", "color", "range"}
BUTTONS = {"submit", "image"}
# What stands in a field that has to be filled and is empty.
LIKELY = {
    "date": "2030-06-01",
    "datetime-local": "2030-06-01T10:00",
    "time": "10:00",
    "month": "2030-06",
    "tel": "13800138000",
    "email": "alice@example.com",
    "url": "https://example.com/",
    "decimal": "30",
}


@dataclass
class Field:
    """A field with the values it would send, and those it offers; `is_free` ones are written into by hand."""

    kind: str
    name: str
    values: list[str] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)
    required: bool = False
    longest: int | None = None
    least: str = ""

    @property
    def is_free(self) -> bool:
        return self.kind not in CHOSEN

    def likely(self, *, asked: bool = False) -> list[str]:
        """Return what a careful colleague would leave or choose here, or has to once they were `asked` for it."""
        if any(self.values) and not (asked and self.is_free):
            return self.values
        if not self.required and not asked:
            return self.values
        if not self.is_free:
            return next(([one] for one in self.offered if one), self.values)
        if self.kind in {"number", "numeric"}:
            return [self.least or "1"]
        return [LIKELY.get(self.kind, "jiangnan")]


@dataclass
class Form:
    """A form of a page: where and how it is sent, and its fields."""

    action: str
    method: str
    fields: list[Field] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return sorted({one.name for one in self.fields})

    @property
    def free(self) -> list[Field]:
        return [one for one in self.fields if one.is_free]


class Page(HTMLParser):
    """Reads a page; `links` and `forms` are what it found."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._field: Field | None = None  # a select or textarea that is open
        self._several = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif tag == "form":
            self._form = Form(found.get("action", ""), found.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "option" and self._field:
            value = found.get("value", "")
            self._field.offered.append(value)
            if "selected" in found:
                self._field.values.append(value)
        elif self._form and tag in {"input", "textarea", "select", "button"} and found.get("name"):
            self._add(self._form, tag, found)

    def handle_data(self, data: str) -> None:
        if self._field and self._field.kind == "textarea":
            self._field.values = ["".join(self._field.values) + data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif self._field and tag == self._field.kind:
            if tag == "select" and not self._field.values and not self._several:
                self._field.values = self._field.offered[:1]
            elif tag == "textarea":
                self._field.values = [value.removeprefix("\n") for value in self._field.values]
            self._field = None

    def _add(self, form: Form, tag: str, found: dict[str, str]) -> None:
        kind = found.get("type", {"input": "text", "button": "submit"}.get(tag, tag)).lower()
        if kind in {"button", "reset"} or "disabled" in found:
            return
        kind = found["inputmode"] if kind == "text" and found.get("inputmode") else kind
        longest = int(found["maxlength"]) if found.get("maxlength", "").isdigit() else None
        made = Field(kind, found["name"], [], [], "required" in found, longest, found.get("min", ""))
        same = next((one for one in form.fields if one.name == made.name and one.kind == kind), None)
        if tag in {"select", "textarea"}:
            self._field, self._several = made, "multiple" in found
        elif kind in BUTTONS and any(one.kind in BUTTONS for one in form.fields):
            return  # a form is sent by one button
        elif kind in {"checkbox", "radio"}:
            (same or made).offered.append(found.get("value", "on"))
            (same or made).values += [found.get("value", "on")] if "checked" in found else []
            if same:
                return
        elif kind != "file":
            made.values = [found.get("value", "")]
        form.fields.append(made)

"""Messages as XML: what the platform writes, and how it reads what a bot answers."""

import re
from typing import Any
from xml.etree import ElementTree as ET

_FORBIDDEN = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


class NotXML(ValueError):
    """The text is no XML document that WeChat would accept."""


def render(fields: dict[str, Any]) -> str:
    """Write fields in order: text as CDATA, numbers bare, dicts nested, lists as a repeated node."""
    return f"<xml>{_nodes(fields)}</xml>"


def _nodes(fields: dict[str, Any]) -> str:
    return "".join(
        f"<{name}>{_value(each)}</{name}>"
        for name, value in fields.items()
        for each in (value if isinstance(value, list) else [value])
    )


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return _nodes(value)
    if isinstance(value, int | float):
        return str(value)
    return f"<![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]>"


def parse(text: str) -> dict[str, Any]:
    """Read a document into nested dicts (repeated nodes become a list); raise `NotXML` otherwise."""
    if _FORBIDDEN.search(text):
        raise NotXML("a document type is not allowed")
    try:
        root = ET.fromstring(text)  # noqa: S314  (no document type, so no entities to expand)
    except ET.ParseError as error:
        raise NotXML(str(error)) from error
    if root.tag != "xml":
        raise NotXML(f"the root is <{root.tag}>, not <xml>")
    read = _read(root)
    return read if isinstance(read, dict) else {}


def _read(node: ET.Element) -> Any:
    if not len(node):
        return node.text or ""
    fields: dict[str, Any] = {}
    for child in node:
        value = _read(child)
        if child.tag not in fields:
            fields[child.tag] = value
        elif isinstance(fields[child.tag], list):
            fields[child.tag].append(value)
        else:
            fields[child.tag] = [fields[child.tag], value]
    return fields

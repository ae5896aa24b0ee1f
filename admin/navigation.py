"""The sections that the visitor may open, as the navigation shows them."""

from admin import sections as listed
from admin.office import visitor
from admin.section import Group, Section


def _is_open(section: Section) -> bool:
    return visitor.may(section.needs) and (visitor.scope.everything or not section.head_office)


def open_to_visitor() -> list[tuple[Group, list[Section]]]:
    """Return the sections the visitor may open, by group; empty groups are left out."""
    found = [
        (group, [one for one in listed.SECTIONS if one.group is group and _is_open(one)]) for group in Group
    ]
    return [(group, sections) for group, sections in found if sections]

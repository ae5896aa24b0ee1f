"""What looks like a number to Python's `isdigit` and is none, in the fields that choose rows."""

import pytest

FIELDS = {
    "/admin/replies/new": ("shop",),
    "/admin/series/new": ("steps", "s1_was", "s1_only", "segment", "tag", "channel", "act"),
}


@pytest.mark.parametrize("odd", ["²", "٣", "9" * 40, "-1", "1e3"])
@pytest.mark.parametrize("path", FIELDS)
def test_an_odd_number_is_a_wrong_field_and_no_fault(office, path, odd):
    alice = office.inside("alice")
    values = {name: f"up:{odd}" if name == "act" else odd for name in FIELDS[path]}

    for sent in (values, *({name: value} for name, value in values.items())):
        alice.get(path)
        assert alice.post(path, **sent).status_code == 422, sent

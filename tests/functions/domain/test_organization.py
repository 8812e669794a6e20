"""Organizations: partial changes, and fields that somebody else added."""

from __future__ import annotations

import msgspec
import pytest

from functions.domain.organization import Organization, OrganizationRow


@pytest.mark.parametrize(
    ("name", "known"), [(None, "North"), ("", ""), ("South", "South"), ("A\nB", "A\nB")]
)
def test_only_a_name_that_is_given_is_learnt(name, known):
    row = OrganizationRow("1", "North").learn(Organization(id="1", name=name))

    assert row == OrganizationRow("1", known)


def test_unknown_fields_of_an_organization_are_ignored():
    raw = b'{"id":4,"name":null,"entity":"Organization","action":"created","vat":"GB1"}'

    assert msgspec.json.decode(raw, type=Organization).key == "4"


def test_an_id_of_several_lines_is_refused():
    with pytest.raises(ValueError, match="`id`"):
        Organization(id="4\n5")

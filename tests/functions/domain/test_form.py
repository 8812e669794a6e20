"""A form: every field that is wrong is named, with what is wrong."""

from __future__ import annotations

import msgspec
import pytest

from functions.domain import reading
from functions.domain.form import Form, Sent


def sent(raw: bytes) -> Sent:
    found: Sent = msgspec.json.decode(raw, type=Sent)
    return found


def test_what_can_be_read_is_kept_under_our_names():
    form = Form(sent(b'{"orderId":"o-1"}'))
    form.read("order_id", reading.text)

    assert (form.values, form.problems) == ({"order_id": "o-1"}, {})


def test_a_field_may_have_several_problems():
    form = Form({})
    form.read("order_id", reading.text)
    form.refuse("order_id", "must exist")

    assert form.problems == {"orderId": ["can't be blank", "must exist"]}


@pytest.mark.parametrize("raw", [b"{}", b'{"name":null}', b'{"name":""}', b'{"name":" \\t"}'])
def test_a_required_field_must_not_be_blank(raw):
    form = Form(sent(raw))
    form.read("name", reading.text)

    assert (form.values, form.problems) == ({}, {"name": ["can't be blank"]})


@pytest.mark.parametrize(("raw", "values"), [(b"{}", {}), (b'{"name":""}', {"name": None})])
def test_an_optional_field_may_be_blank(raw, values):
    form = Form(sent(raw))
    form.read("name", reading.text, required=False)

    assert (form.values, form.problems) == (values, {})


@pytest.mark.parametrize(
    ("raw", "problems"), [(b"{}", {}), (b'{"name":null}', {"name": ["can't be blank"]})]
)
def test_in_a_partial_form_only_what_is_sent_must_not_be_blank(raw, problems):
    form = Form(sent(raw), partial=True)
    form.read("name", reading.text)

    assert form.problems == problems


def test_a_field_within_an_object_is_named_with_its_place():
    form = Form(sent(b'{"colour":1}'), place="lines[3].")
    form.read("price", reading.amount)
    form.refuse_others({})

    assert list(form.problems) == ["lines[3].price", "lines[3].colour"]


def test_a_field_that_nobody_reads_is_refused_as_it_was_written():
    form = Form(sent(b'{"deliver_date":"2026-01-01"}'))
    form.refuse_others({})

    assert form.problems == {"deliver_date": ["is unknown"]}


def test_a_known_field_may_be_sent_as_it_is_only():
    form = Form(sent(b'{"id":"i-1","state":"ISSUED","number":"\xff"}'))
    form.refuse_others({"id": "i-1", "state": "CANCELLED", "number": "1"})

    assert form.problems == {"number": ["is read-only"], "state": ["is read-only"]}

import json

import pytest

from local.errors import Misuse
from local.publishing import envelope, headers_of, moment


def test_wraps_json_in_a_structured_cloud_event():
    message = envelope("orders", "o-1", b'{"price": 1.10}', id="e-1", time="2010-12-01T08:26:00Z")

    event = json.loads(message.value)
    assert message.headers == {"content-type": "application/cloudevents+json"}
    assert (event["specversion"], event["id"], event["time"]) == (
        "1.0",
        "e-1",
        "2010-12-01T08:26:00Z",
    )
    assert b'{"price": 1.10}' in message.value


def test_makes_an_id_and_a_time_where_none_is_given():
    first, second = (json.loads(envelope("t", None, b"1").value) for _ in range(2))

    assert first["id"] != second["id"]
    assert first["time"].endswith("Z")


def test_wraps_text_as_text_and_bytes_as_base64():
    text = json.loads(envelope("t", None, b"not json").value)
    raw = json.loads(envelope("t", None, b"\xff").value)

    assert (text["datacontenttype"], text["data"]) == ("text/plain", "not json")
    assert (raw["datacontenttype"], raw["data_base64"]) == ("application/octet-stream", "/w==")


@pytest.mark.parametrize("text", ["yesterday", "2010-12-01T08:26:00", ""])
def test_refuses_a_time_without_a_zone(text):
    with pytest.raises(Misuse, match="expected RFC 3339 with a zone"):
        moment(text)


def test_reads_headers_and_refuses_others():
    assert headers_of(["a=1", "b=x=y", "c: d"]) == {"a": "1", "b": "x=y", "c": "d"}
    with pytest.raises(Misuse, match="expected NAME=VALUE"):
        headers_of(["a"])

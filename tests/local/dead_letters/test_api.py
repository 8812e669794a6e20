"""The dead letters over HTTP."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from local.brokers.embedded import EmbeddedBroker
from local.dead_letters import DeadLetters, api
from local.states import EmbeddedStore
from runtime import gate, problems
from runtime.settings import Settings
from tests.local.dead_letters.giving_up import EVENT, FRAUD, STOCK, fail

PATH = "/v1/dead-letters"


def client_of(letters: DeadLetters, settings: Settings) -> FlaskClient:
    app = Flask("test")
    problems.install(app)
    gate.install(app, settings)
    api.install(app, letters, settings)
    return app.test_client()


@pytest.fixture
def letters(tmp_path) -> DeadLetters:
    broker = EmbeddedBroker(tmp_path)
    for function in (FRAUD, STOCK):
        broker.create(f"{function}.dead-letters", 2)
    fail(broker, "a1", key="ida@x.org")
    fail(broker, "a2", minutes=1, error=ValueError("no mail to ida@x.org"))
    fail(broker, "b1", minutes=2, function=STOCK, error=KeyError("k"))
    with DeadLetters(broker, EmbeddedStore(tmp_path)) as opened:
        yield opened


@pytest.fixture
def client(letters) -> FlaskClient:
    return client_of(letters, Settings())


def test_lists_what_is_open_without_personal_data(client):
    found = client.get(PATH).json

    assert [letter["id"] for letter in found["dead_letters"]] == ["a1", "a2", "b1"]
    assert (found["total"], found["next"]) == (3, None)
    assert "ida@" not in json.dumps(found)
    assert client.get(f"{PATH}?reveal=true").json["dead_letters"][0]["key"] == "ida@x.org"


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("function=set_stock", ["b1"]),
        ("cause=KeyError", ["b1"]),
        ("key=o-1", ["a2", "b1"]),
        ("text=ida", ["a1", "a2", "b1"]),
        ("since=2010-12-01T08:27:00Z&until=2010-12-01T08:28:00Z", ["a2"]),
        ("state=discarded", []),
        ("state=all&function=validate_fraud", ["a1", "a2"]),
    ],
)
def test_filters(client, query, ids):
    assert [letter["id"] for letter in client.get(f"{PATH}?{query}").json["dead_letters"]] == ids


def test_pages_to_the_end(client):
    seen, after = [], None
    while True:
        query = {"limit": "2"} | ({"after": after} if after else {})
        page = client.get(PATH, query_string=query).json
        seen.append([letter["id"] for letter in page["dead_letters"]])
        after = page["next"]
        if after is None:
            break

    assert seen == [["a1", "a2"], ["b1"]]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=0", "limit is '0'"),
        ("limit=many", "limit is 'many'"),
        ("state=gone", "state is 'gone'"),
        ("since=soon", "since is 'soon'"),
        ("reveal=maybe", "reveal is 'maybe'"),
        ("function=nobody", "No function 'nobody' has dead letters"),
    ],
)
def test_explains_what_is_wrong_with_a_query(client, query, said):
    answer = client.get(f"{PATH}?{query}")

    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert said in answer.json["detail"]


def test_counts_groups(client):
    [largest, other] = client.get(f"{PATH}/groups").json["groups"]

    assert (largest["count"], largest["function"], other["count"]) == (2, FRAUD, 1)


def test_shows_one_with_its_payload_masked_unless_revealed(client):
    shown = client.get(f"{PATH}/a1").json

    assert (shown["id"], shown["error"], shown["attempts"]) == ("a1", "ValueError", 3)
    assert shown["record"]["value"]["data"] == {"email": "***", "price": 1.1}
    assert b"ida@x.org" in client.get(f"{PATH}/a1?reveal=true").data


def test_says_that_there_is_none(client):
    for method, path in (("GET", "/x"), ("POST", "/x/replay"), ("PATCH", "/x")):
        answer = client.open(f"{PATH}{path}", method=method, json={})

        assert (answer.status_code, answer.json["title"]) == (404, "Not Found")


def test_replays_one(client, letters):
    done = client.post(f"{PATH}/a1/replay", json={"by": "ida", "reason": "mended"})

    assert (done.status_code, done.json["count"], done.json["ids"]) == (200, 1, ["a1"])
    assert [digest.id for digest in letters.find()] == ["a2", "b1"]
    [action] = client.get(f"{PATH}/audit").json["audit"]
    assert (action["by"], action["reason"], action["outcome"]) == ("ida", "mended", "waiting")
    assert client.post(f"{PATH}/a1/replay").json["count"] == 0


def test_says_what_a_replay_would_do(client, letters):
    done = client.post(f"{PATH}/replay", json={"all": True, "dry_run": True}).json

    assert (done["count"], done["dry_run"], done["ids"]) == (3, True, ["a1", "a2", "b1"])
    assert done["functions"] == [
        {"function": FRAUD, "retry_topic": f"{FRAUD}.retry", "count": 2},
        {"function": STOCK, "retry_topic": f"{STOCK}.retry", "count": 1},
    ]
    assert len(letters.find()) == 3


def test_replays_a_group_so_many_at_most(client, letters):
    group = letters.groups()[0].id

    assert client.post(f"{PATH}/replay", json={"group": group, "limit": 1}).json["ids"] == ["a1"]
    assert client.post(f"{PATH}/replay", json={"group": group}).json["ids"] == ["a2"]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "Say which"),
        ({"function": "x", "colour": "red"}, 400, "colour"),
        ({"all": "yes"}, 400, "Expected `bool`"),
        ({"all": True, "rate": 0}, 400, "rate is 0"),
        ({"ids": ["x"]}, 404, "There is no dead letter 'x'"),
    ],
)
def test_explains_what_is_wrong_with_a_body(client, letters, body, status, said):
    answer = client.post(f"{PATH}/replay", json=body)

    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert said in answer.json["detail"]
    assert len(letters.find()) == 3


def test_edits_by_a_merge_patch(client, letters):
    answer = client.patch(
        f"{PATH}/a1?by=ida&reason=typo",
        data='{"data":{"price":2.50}}',
        content_type="application/merge-patch+json",
    )

    assert (answer.status_code, answer.json["edited"]) == (200, True)
    assert letters.get("a1").event.value == EVENT.replace(b"1.10", b"2.50")
    [action] = client.get(f"{PATH}/audit?id=a1").json["audit"]
    assert (action["by"], action["action"], action["patch"]) == (
        "ida",
        "edit",
        {"data": {"price": 2.5}},
    )


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ('{"id":"other"}', "application/merge-patch+json", 409),
        ("{", "application/merge-patch+json", 400),
        ("{}", "text/plain", 415),
        ("{}", "application/json", 409),
    ],
)
def test_refuses_a_patch_that_makes_no_sense(client, letters, body, kind, status):
    answer = client.patch(f"{PATH}/a1", data=body, content_type=kind)

    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert letters.get("a1").event.value == EVENT


def test_discards_with_a_reason(client, letters):
    assert client.post(f"{PATH}/a1/discard", json={}).status_code == 400
    assert client.post(f"{PATH}/a1/discard", json={"reason": "a test"}).json["count"] == 1
    body = {"function": STOCK, "reason": "a test"}
    assert client.post(f"{PATH}/discard", json=body).json["ids"] == ["b1"]
    assert [digest.id for digest in letters.find()] == ["a2"]


def test_refuses_a_body_that_is_too_large(letters):
    small = client_of(letters, Settings(max_body_bytes=100))

    answer = small.post(f"{PATH}/replay", json={"text": "x" * 200})

    assert answer.status_code == 413


def test_answers_nobody_without_the_token(letters):
    client = client_of(letters, Settings(app_api_token="right"))

    for headers in ({}, {"dapr-api-token": "wrong"}, {"dapr-api-token": "rïght"}):
        assert client.get(PATH, headers=headers).status_code == 401
        assert client.post(f"{PATH}/a1/replay", headers=headers).status_code == 401
    assert client.get(PATH, headers={"dapr-api-token": "right"}).status_code == 200
    assert len(letters.find()) == 3


def test_answers_nobody_on_a_network_when_no_token_is_set(letters):
    client = client_of(letters, Settings(host="0.0.0.0"))

    answer = client.get(PATH)

    assert answer.status_code == 403
    assert "Set APP_API_TOKEN" in answer.json["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "[::1"},
    ],
)
def test_answers_no_web_page_when_no_token_is_set(client, letters, headers):
    assert client.post(f"{PATH}/a1/replay", headers=headers).status_code in (400, 403)
    assert len(letters.find()) == 3


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:1", "[::1]:8080"])
def test_answers_programs_of_this_machine(client, host):
    headers = {"Host": host, "Origin": f"http://{host}"}

    assert client.get(PATH, headers=headers).status_code == 200

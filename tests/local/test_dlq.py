"""`sluice dlq` on a data directory that nobody serves."""

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.brokers.embedded import EmbeddedBroker
from tests.local.command_line import CommandLine
from tests.local.dead_letters.giving_up import EVENT, FRAUD, STOCK, fail
from tests.waiting import wait_until

COMMANDS = ["list", "groups", "show", "replay", "edit", "discard", "audit", "serve"]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    opened = EmbeddedBroker(tmp_path)
    for function in (FRAUD, STOCK):
        opened.create(f"{function}.dead-letters", 2)
    fail(opened, "a1", key="ida@x.org")
    fail(opened, "a2", minutes=1, error=ValueError("no mail to ida@x.org"))
    fail(opened, "b1", minutes=2, function=STOCK, error=KeyError("k"), value=b"no level")
    yield opened
    opened.close()


@pytest.fixture
def sluice(broker: EmbeddedBroker, tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


def ids(found: list[dict[str, str]]) -> list[str]:
    return [each["id"] for each in found]


def sent(broker: EmbeddedBroker) -> list[str]:
    """What lies on both retry topics."""
    records = [*broker.read(f"{FRAUD}.retry"), *broker.read(f"{STOCK}.retry")]
    return sorted(record.headers["sluice-id"] for record in records)


@pytest.mark.parametrize("command", COMMANDS)
def test_helps_with_an_example(sluice, command):
    result = CommandLine(sluice.data)("dlq", command, "--help")

    assert result.exit_code == 0
    assert f"Example: sluice dlq {command}" in result.stdout


def test_lists_for_people_and_for_programs(sluice):
    listed = sluice("dlq", "list").stdout.splitlines()

    assert listed[0].split()[:3] == ["ID", "STATE", "FUNCTION"]
    assert [line.split()[0] for line in listed[1:]] == ["a1", "a2", "b1"]
    assert ids(sluice.json("dlq", "list")) == ["a1", "a2", "b1"]
    assert "\x1b" not in "".join(listed)


def test_filters_and_limits(sluice):
    assert ids(sluice.json("dlq", "list", "--function", "set_stock")) == ["b1"]
    assert ids(sluice.json("dlq", "list", "--text", "no level", "--since", "2010-12-01T00:00:00Z"))
    assert ids(sluice.json("dlq", "list", "--since", "1h")) == []
    limited = sluice("dlq", "list", "--limit", "1")
    assert limited.stderr == "2 more; --limit shows the oldest 1.\n"


def test_reveals_personal_data_only_when_told(sluice):
    for words in (
        ("dlq", "list"),
        ("dlq", "list", "--json"),
        ("dlq", "groups"),
        ("dlq", "show", "a1"),
    ):
        assert "ida@x.org" not in sluice(*words).stdout
        assert "ida@x.org" in sluice(*words, "--reveal").stdout


def test_shows_one_with_all_it_knows(sluice):
    sluice("dlq", "edit", "a1", "--patch", '{"data": {"price": 2.50}}', "--by", "ida")

    shown = sluice("dlq", "show", "a").stderr + sluice("dlq", "show", "a1").stdout

    for text in (
        "Several dead letters begin with 'a'",
        "state         open, edited 1 times",
        f"function      {FRAUD}",
        "attempts      3, 0 of them delayed",
        "origin        orders 1:7",
        "  content-type: x",
        '    "price": 2.50',
        "Payload before it was edited",
        '    "price": 1.10',
        "ida  edit: edited",
        '{"data":{"price":2.50}}',
        "Stack\nValueError: bad",
    ):
        assert text in shown


def test_groups_and_replays_a_group(sluice, broker):
    [largest, _] = sluice.json("dlq", "groups")

    replayed = sluice("dlq", "replay", "--group", largest["id"])

    assert largest["count"] == 2
    assert replayed.stdout == f"2 of {FRAUD} to {FRAUD}.retry\n2 replayed.\n"
    assert sent(broker) == ["a1", "a2"]


def test_shows_what_a_replay_would_do_and_does_nothing(sluice, broker):
    shown = sluice("dlq", "replay", "--all", "--dry-run").stdout

    assert shown.splitlines() == [
        f"2 of {FRAUD} to {FRAUD}.retry",
        f"1 of {STOCK} to {STOCK}.retry",
        *("  a1", "  a2", "  b1"),
        "3 would be replayed.",
    ]
    assert sent(broker) == []
    assert sluice.json("dlq", "audit") == []


def test_replays_one_once_unless_told_otherwise(sluice, broker):
    [first] = sluice.json("dlq", "replay", "a1")
    second = sluice("dlq", "replay", "a1")

    assert (first["id"], first["replayed"]) == ("a1", True)
    assert second.stdout == "0 replayed.\n"
    assert "--again sends it once more" in second.stderr
    assert sluice("dlq", "replay", "a1", "--again").stdout.endswith("1 replayed.\n")
    assert sent(broker) == ["a1", "a1"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["replay"], "Say which"),
        (["replay", "x"], "There is no dead letter 'x'"),
        (["replay", "--rate", "0", "--all"], "--rate"),
        (["discard", "--all"], "Say why they are discarded: --reason TEXT."),
        (["discard", "--reason", "r"], "Say which"),
        (["list", "--since", "soon"], "--since is 'soon'"),
        (["list", "--function", "set_stok"], "Did you mean 'inventory.set_stock'?"),
        (["edit", "a1", "--patch", "{"], "--patch is no JSON"),
        (["edit", "a1", "--patch", "{}", "--value", "-"], "exclude each other"),
        (["edit", "a1", "--patch", '{"id": "other"}'], "That would be another event"),
        (["edit", "b1", "--patch", "{}"], "cannot be patched"),
    ],
)
def test_answers_misuse_with_what_was_expected(sluice, broker, words, said):
    result = sluice("dlq", *words)

    assert result.exit_code == 2
    assert said in result.stderr
    assert sent(broker) == []
    assert sluice.json("dlq", "audit") == []


def test_edits_by_a_patch_and_by_a_whole_payload(sluice, tmp_path):
    (tmp_path / "level").write_bytes(b"75")

    patched = sluice("dlq", "edit", "a1", "--patch", '{"data": {"email": "max@x.org"}}')
    replaced = sluice("dlq", "edit", "b1", "--value", tmp_path / "level")
    again = sluice("dlq", "edit", "b1", "--value", "-", text="76")

    assert patched.stdout.splitlines()[0] == 'a1 is edited: {"data":{"email":"***"}}.'
    assert replaced.stdout.startswith("b1 is edited: 8 bytes (SHA-256 ")
    assert again.exit_code == 0
    assert sluice.json("dlq", "show", "b1")["record"]["value"] == 76
    assert sluice.json("dlq", "show", "b1")["original"]["value"] == "no level"
    assert [each["edited"] for each in sluice.json("dlq", "list")] == [True, False, True]


def test_edits_in_an_editor(sluice, tmp_path, monkeypatch):
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "sed -i s/ida@/max@/")
    edited = sluice("dlq", "edit", "a1")
    monkeypatch.setenv("EDITOR", "true")
    unchanged = sluice("dlq", "edit", "a2")

    assert edited.exit_code == 0, edited.stderr
    shown = sluice("dlq", "show", "a1", "--reveal").stdout
    assert '"email": "max@x.org"' in shown
    assert '"price": 1.10' in shown
    assert unchanged.exit_code == 2
    assert "nothing was changed" in unchanged.stderr


def test_discards_and_takes_it_back(sluice, broker):
    [dry] = sluice.json("dlq", "discard", "a1", "--reason", "a test", "--dry-run")
    done = sluice("dlq", "discard", "a1", "--reason", "a test", "--by", "ida")

    assert (dry["id"], dry["discarded"]) == ("a1", False)
    assert done.stdout == "1 discarded.\n"
    assert ids(sluice.json("dlq", "list")) == ["a2", "b1"]
    assert sluice.json("dlq", "list", "--all")[0]["state"] == "discarded"
    assert sluice("dlq", "replay", "a1").stdout.endswith("1 replayed.\n")
    assert sent(broker) == ["a1"]


def test_tells_who_did_what_and_what_became_of_it(sluice, broker):
    sluice("dlq", "discard", "b1", "--reason", "a test", "--by", "ida")
    sluice("dlq", "replay", "a1", "--reason", "mended", "--by", "max")
    fail(broker, "a1", attempts=6)

    told = sluice.json("dlq", "audit")

    assert [(each["by"], each["action"], each["reason"], each["outcome"]) for each in told] == [
        ("ida", "discard", "a test", "discarded"),
        ("max", "replay", "mended", "failed again"),
    ]
    assert ids(sluice.json("dlq", "audit", "a1")) == ["a1"]
    assert ids(sluice.json("dlq", "audit", "--limit", "1")) == ["a1"]
    assert "failed again" in sluice("dlq", "audit").stdout


def test_names_the_user_where_nobody_says_who_it_is(sluice, monkeypatch):
    monkeypatch.setenv("LOGNAME", "eve")
    sluice("dlq", "discard", "a1", "--reason", "a test")
    monkeypatch.setenv("SLUICE_BY", "ida")
    sluice("dlq", "discard", "a2", "--reason", "a test")

    assert [each["by"] for each in sluice.json("dlq", "audit")] == ["eve", "ida"]


def test_goes_on_where_it_was_stopped(sluice, broker):
    replaying = sluice.start("dlq", "replay", "--all", "--rate", "0.01")
    wait_until(lambda: len(sluice.json("dlq", "audit")) == 1, 30)
    replaying.send_signal(signal.SIGINT)
    _, said = replaying.communicate(timeout=20)

    assert replaying.returncode == 130
    assert "Stopped after 1 of 3; the same command goes on from there." in said
    assert "Traceback" not in said
    assert sluice("dlq", "replay", "--all").stdout.endswith("2 replayed.\n")
    assert sent(broker) == ["a1", "a2", "b1"]


def test_goes_on_where_it_was_killed(sluice, broker):
    replaying = sluice.start("dlq", "replay", "--all", "--rate", "0.01")
    wait_until(lambda: len(sent(broker)) == 1, 30)
    replaying.kill()
    replaying.communicate(timeout=20)

    assert sluice("dlq", "replay", "--all").stdout.endswith("2 replayed.\n")
    assert sent(broker) == ["a1", "a2", "b1"]
    assert sorted(ids(sluice.json("dlq", "audit"))) == ["a1", "a2", "b1"]


def on_terminal(sluice: CommandLine, columns: int, *words: str) -> str:
    """What a command shows on a terminal that is so wide."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    command = [sys.executable, "-m", "local", *words, "--data", str(sluice.data)]
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    child = subprocess.Popen(
        command, stdout=theirs, stderr=theirs, env=environment | {"TERM": "xterm"}
    )
    os.close(theirs)
    shown = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    assert child.wait(20) == 0
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # nobody has it open any more
        return b""


@pytest.mark.parametrize("words", [("dlq", "list"), ("dlq", "groups")])
def test_can_be_read_on_a_narrow_terminal(sluice, words):
    shown = on_terminal(sluice, 40, *words)

    lines = shown.replace("\r", "").splitlines()
    assert all(len(line) <= 40 for line in lines)
    assert any("a1" in line for line in lines) or any("a2" in line for line in lines)
    assert f"  {FRAUD}" in shown or f"2 of {FRAUD}" in shown


def test_is_a_table_with_bold_headings_on_a_wide_terminal(sluice):
    shown = on_terminal(sluice, 160, "dlq", "list")

    assert "\x1b[1m" in shown
    assert "LAST FAILED" in shown


def test_shows_how_far_a_replay_is_on_a_terminal(sluice):
    assert "replayed" in on_terminal(sluice, 100, "dlq", "replay", "--all", "--rate", "2")


def test_serves_the_http_api_until_it_is_stopped(sluice, broker):
    serving = sluice.start("dlq", "serve", "--port", "0")
    ready = serving.stdout.readline()
    url = ready.split()[1]
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(url) as answer:
                assert ids(json.load(answer)["dead_letters"]) == ["a1", "a2", "b1"]
            asked = urllib.request.Request(f"{url}/a1/replay", b"{}", method="POST")
            with urllib.request.urlopen(asked) as answer:
                assert json.load(answer)["count"] == 1
        except BaseException as failure:
            failures.append(failure)

    asking = threading.Thread(target=ask)
    asking.start()
    asking.join(30)
    serving.send_signal(signal.SIGINT)
    _, said = serving.communicate(timeout=20)

    assert failures == []
    assert (serving.returncode, "Traceback" in said) == (0, False)
    assert sent(broker) == ["a1"]
    assert EVENT in [record.value for record in broker.read(f"{FRAUD}.retry")]

"""The measuring of the workbench, with few dead letters."""

import pytest

from local.bench.dead_letters import CAUSES, FUNCTION, fill, measure
from local.brokers.embedded import EmbeddedBroker
from local.dead_letters import DeadLetters
from local.errors import Failure


def test_checks_what_the_commands_print_and_tells_what_they_took(tmp_path):
    broker = EmbeddedBroker(tmp_path)
    fill(broker, 2500)
    assert [group.count for group in DeadLetters(broker).groups()] == [2500 // CAUSES] * CAUSES
    broker.close()

    figures = list(measure(["--data", str(tmp_path)], 2500))

    assert [figure.command.split()[0] for figure in figures] == [
        *("list", "list", "groups", "show", "replay", "replay", "list", "audit")
    ]
    assert all(0 < figure.busy_seconds < 60 for figure in figures)


def test_says_what_is_not_as_it_should_be(tmp_path):
    broker = EmbeddedBroker(tmp_path)
    fill(broker, 3)
    broker.close()

    with pytest.raises(Failure, match=r"dlq list --json found 3; expected 4"):
        list(measure(["--data", str(tmp_path)], 4))


def test_writes_what_the_runtime_would_write(tmp_path):
    broker = EmbeddedBroker(tmp_path)
    fill(broker, 1)

    entry = DeadLetters(broker).get("0")
    broker.close()

    assert (entry.letter.function, entry.letter.retries) == (FUNCTION, 4)
    assert len(entry.letter.stack) > 2500

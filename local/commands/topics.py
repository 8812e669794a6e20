"""sluice topics plan|apply"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.commands.options import DATA, FUNCTIONS, AsJson, Data, Functions, Kafka
from local.output import print_json, print_table, say

if TYPE_CHECKING:
    from local.brokers.base import Broker
    from local.topics import Step

topics = typer.Typer(
    name="topics",
    help="Compare the topics with the list, and make missing ones.",
    no_args_is_help=True,
)

TopicsFile = Annotated[
    Path | None,
    typer.Option(
        "--topics",
        envvar="SLUICE_TOPICS",
        metavar="FILE",
        help="The topic list (topics.toml of the project).",
    ),
]


@topics.command(epilog="Example: sluice topics plan --kafka 127.0.0.1:9092")
def plan(
    data: Data = DATA,
    kafka: Kafka = None,
    packages: Functions = FUNCTIONS,
    file: TopicsFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what `apply` would do; changes nothing."""
    from local.finding import open_broker

    broker = open_broker(data, kafka)
    try:
        _show(_steps(broker, packages, file), as_json)
    finally:
        broker.close()


@topics.command(epilog="Example: sluice topics apply --kafka 127.0.0.1:9092")
def apply(
    data: Data = DATA,
    kafka: Kafka = None,
    packages: Functions = FUNCTIONS,
    file: TopicsFile = None,
    as_json: AsJson = False,
) -> None:
    """Make the missing topics; existing ones are never changed."""
    from local import topics as topic_list
    from local.finding import open_broker

    broker = open_broker(data, kafka)
    try:
        steps = _steps(broker, packages, file)
        made = topic_list.apply(steps, broker)
    finally:
        broker.close()
    _show(steps, as_json)
    if not as_json:
        say(f"{made} made, {len(steps) - made} were there.")


def _steps(broker: Broker, packages: list[str], file: Path | None) -> list[Step]:
    from local.loading import load_functions
    from local.topics import TOPICS_FILE, plan, read_topics, topics_of

    wanted = topics_of(load_functions(packages), read_topics(file or TOPICS_FILE))
    return plan(wanted.values(), broker.topics())


def _show(steps: list[Step], as_json: bool) -> None:
    if as_json:
        print_json([{"action": s.action, **vars(s.topic), "note": s.note} for s in steps])
        return
    print_table(
        ("ACTION", "TOPIC", "PARTITIONS", "KEPT", "NOTE"),
        [(s.action, s.topic.name, s.topic.partitions, _kept(s), s.note) for s in steps],
    )


def _kept(step: Step) -> str:
    if step.topic.compacted:
        return "latest per key"
    days = step.topic.retention_days
    return "for good" if days < 0 else f"{days} days"

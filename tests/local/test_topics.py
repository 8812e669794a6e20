import pytest
import yaml

from local import components
from local.errors import Failure
from local.topics import Step, Topic, apply, plan, read_topics, topics_of
from runtime.registry import load


class CreatingBroker:
    """Remembers what it was asked to create."""

    def __init__(self) -> None:
        self.created: dict[str, tuple[int, dict[str, str]]] = {}

    def create(self, topic, partitions, config=None):
        self.created[topic] = (partitions, dict(config or {}))


def written(tmp_path, text):
    path = tmp_path / "topics.toml"
    path.write_text(text)
    return path


def test_lists_every_topic_of_the_application():
    names = set(read_topics())

    assert {"orders", "order-validations", "warehouse-inventory", "payments", "invoices"} <= names
    assert {"customers", "organizations", "users", "user_activity", "orders-enriched"} <= names
    assert {"platinum", "gold", "silver", "bronze"} <= names
    assert "inventory_management_product_updates" in names
    assert "mails" in names
    assert len(names) == 17


def test_takes_what_an_entry_leaves_out_from_the_defaults(tmp_path):
    path = written(tmp_path, "[defaults]\npartitions=4\n[topics.a]\n[topics.b]\npartitions=1\n")

    topics = read_topics(path)

    assert (topics["a"].partitions, topics["b"].partitions) == (4, 1)


def test_names_every_problem_of_the_list_at_once(tmp_path):
    path = written(tmp_path, "[topics.a]\npartitions=0\n[topics.b]\ncolour='red'\n")

    with pytest.raises(Failure, match=r"a: partitions is 0.*b: unknown setting 'colour'"):
        read_topics(path)


def test_plans_to_make_what_is_missing_and_to_leave_the_rest():
    wanted = [Topic("new"), Topic("there"), Topic("other")]

    steps = plan(wanted, {"there": 3, "other": 1, "unlisted": 1})

    assert [step.action for step in steps] == ["make", "keep", "differs"]


def test_makes_only_missing_topics():
    broker = CreatingBroker()

    made = apply([Step("make", Topic("new", 5)), Step("keep", Topic("there"))], broker)

    partitions, config = broker.created["new"]
    assert (made, list(broker.created)) == (1, ["new"])
    assert (partitions, config["retention.ms"]) == (5, "604800000")
    assert config["cleanup.policy"] == "delete"


def test_keeps_the_latest_record_per_key_of_a_compacted_topic():
    config = Topic("customers", compacted=True).config

    assert config["cleanup.policy"] == "compact"
    assert "retention.ms" not in config


def most_bytes(component: str) -> str:
    document = yaml.safe_load((components.SOURCE / f"{component}.yaml").read_text())
    entries = document["spec"]["metadata"]
    return {entry["name"]: entry["value"] for entry in entries}["maxMessageBytes"]


@pytest.mark.parametrize("component", ["events", "tables"])
def test_a_topic_takes_what_daprd_may_send_at_once(component):
    for topic in (Topic("a"), Topic("b", compacted=True)):
        assert topic.config["max.message.bytes"] == most_bytes(component)


def test_a_dead_letter_may_be_larger_than_the_record_that_it_was():
    wanted = topics_of(load("functions"), {})
    event = int(wanted["orders"].config["max.message.bytes"])
    for own in ("retry", "dead-letters"):
        letter = wanted[f"orders.remember_order.{own}"].config["max.message.bytes"]

        assert letter == most_bytes("retries")
        assert int(letter) > event + 500_000

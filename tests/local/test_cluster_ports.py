"""Which ports a cluster gets."""

import socket
from collections.abc import Iterator

import pytest

from local.cluster.errors import PortTaken
from local.cluster.ports import HOST, Ports, answers, choose, free_port, is_free, moved


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


def test_a_port_with_a_listener_is_taken(taken: int):
    assert not is_free(taken)
    assert answers(taken)


def test_a_free_port_is_below_those_of_outgoing_connections():
    port = free_port()

    assert is_free(port)
    assert 15000 <= port < 32000


def test_free_ports_are_all_different():
    ports, notes = choose("free", running={}, earlier=None)

    assert len({ports.kafka, ports.postgres, ports.moto}) == 3
    assert notes == []


def test_takes_the_usual_port_when_it_is_free():
    usual = Ports(kafka=free_port(), postgres=free_port(), moto=free_port())

    ports, notes = choose(None, running={}, earlier=None, usual=usual)

    assert ports == usual
    assert notes == []


def test_gives_way_to_another_program_and_says_so(taken: int):
    usual = Ports(kafka=taken, postgres=free_port(), moto=free_port())

    ports, notes = choose(None, running={}, earlier=None, usual=usual)

    assert ports.kafka != taken
    assert notes == [f"kafka: port {taken} is taken, using {ports.kafka}"]


def test_a_member_that_is_not_wanted_needs_no_port(taken: int):
    usual = Ports(kafka=free_port(), opensearch=taken)

    ports, notes = choose(None, {}, None, usual, without={"opensearch", "postgres", "moto"})
    later, _ = choose("free", {}, ports, without={"postgres", "moto"})

    assert (ports.opensearch, notes) == (0, [])
    assert moved(ports, usual) == []
    assert later.opensearch > 0


def test_says_which_ports_the_components_do_not_name():
    assert moved(Ports()) == []
    assert moved(Ports(kafka=17000)) == ["kafka on 17000 instead of 9092"]


def test_insists_on_a_port_that_the_caller_has_named(taken: int):
    with pytest.raises(PortTaken, match=f"Port of 'kafka' is {taken}"):
        choose(Ports(kafka=taken, postgres=0, moto=0), running={}, earlier=None)


def test_takes_the_named_port_when_it_is_free():
    named = free_port()

    ports, _ = choose(Ports(kafka=named, postgres=0, moto=0), running={}, earlier=None)

    assert ports.kafka == named


def test_a_running_member_keeps_its_port(taken: int):
    ports, _ = choose("free", running={"kafka": taken}, earlier=None)

    assert ports.kafka == taken


def test_cannot_move_a_running_member(taken: int):
    with pytest.raises(PortTaken, match=f"runs on {taken}"):
        choose(Ports(kafka=free_port(), postgres=0, moto=0), running={"kafka": taken}, earlier=None)


def test_comes_up_again_on_its_earlier_ports():
    earlier, _ = choose("free", running={}, earlier=None)

    again, _ = choose("free", running={}, earlier=earlier)

    assert again == earlier


def test_gives_no_port_twice():
    given = [free_port() for _ in range(500)]

    assert len(set(given)) == len(given)

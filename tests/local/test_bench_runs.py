"""Small runs of the bench: whether all results are right, not how fast they come."""

import signal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local.bench import runs
from local.bench.contestants.line_up import PEERS
from local.bench.contestants.sluice import EMBEDDED_VARIANTS
from local.bench.plan import Plan
from local.bench.trial import Size
from local.cli import app
from local.cluster import find_cluster
from local.cluster.progress import silent

TINY = Size(events=300, latencies=10, requests=40, half_seconds=0.2)


def test_the_embedded_engine_loses_and_doubles_nothing():
    report = runs.on_embedded(1, TINY, silent, Plan(variants=EMBEDDED_VARIANTS))

    assert report.right
    assert list(report.figures) == ["sluice-embedded", "sluice-embedded-own-rows"]
    figure = report.figures["sluice-embedded"]
    # With those that warm it up, and those at half of the rate.
    [rate] = figure.rounds
    assert figure.results == figure.events + 200 + TINY.latencies + TINY.at(rate / 2)
    assert figure.half_p99_ms >= figure.half_p50_ms > 0
    assert figure.cpu_app > 0
    assert report.requests is not None
    assert report.requests.lost == 0


@pytest.mark.platform
def test_all_contestants_answer_every_order(cluster_home: Path):
    report = runs.on_cluster(None, 1, TINY, cluster_home, silent)

    problems = {
        name: (figure.missing, figure.doubled, figure.wrong)
        for name, figure in report.figures.items()
    }
    assert problems == dict.fromkeys(["sluice", *(peer.name for peer in PEERS)], (0, 0, 0))
    assert report.warnings == []
    assert report.figures["sluice"].lost_updates == 0
    assert find_cluster(cluster_home) is None


@pytest.mark.parametrize(
    "words",
    [["--peers", "bare"], ["--without-peers"], ["--cluster", "--peers", "x", "--without-peers"]],
)
def test_options_that_do_not_go_together_are_refused(words: list[str]):
    assert CliRunner().invoke(app, ["bench", *words]).exit_code == 2


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_a_signal_ends_a_run_once(number: signal.Signals, error: type[BaseException]):
    usual = signal.getsignal(number)
    tidied: list[bool] = []

    with pytest.raises(error):
        press_twice(number, tidied)

    assert tidied == [True]
    assert signal.getsignal(number) == usual


def press_twice(number: signal.Signals, tidied: list[bool]) -> None:
    with runs.stoppable():
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(number)
            tidied.append(True)

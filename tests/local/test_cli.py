import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner, Result

from local.cli import app
from local.cluster.ports import free_port

VERBS = {
    *("demo", "up", "cluster", "functions", "flow", "invoke", "publish", "tail", "tables"),
    *("topics", "lag", "doctor", "import-orders", "add-inventory", "bench", "dlq", "retries"),
    *("mails", "populate", "read-topics", "customers-db"),
}


def sluice(*words: object, text: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], input=text)


def test_lists_every_command():
    shown = sluice("--help").stdout

    assert all(f"  {verb}" in shown for verb in VERBS)


@pytest.mark.parametrize("verb", sorted(VERBS - {"cluster", "topics", "dlq"}))
def test_helps_with_an_example(verb):
    result = sluice(verb, "--help")

    assert result.exit_code == 0
    assert f"Example: sluice {verb}" in result.stdout


@pytest.mark.parametrize("option", ["--data", "--kafka"])
def test_names_the_environment_variable_of_a_setting(option):
    assert f"SLUICE_{option.strip('-').upper()}" in sluice("tail", "--help").stdout


def test_suggests_the_command_that_was_meant():
    result = sluice("tial")

    assert result.exit_code == 2
    assert "Did you mean 'tail'" in result.stderr


def test_says_what_to_do_where_nothing_runs(tmp_path):
    result = sluice("invoke", "orders", "v1/orders", "--data", tmp_path)

    assert result.exit_code == 1
    assert result.stderr == (
        f"sluice: Nothing serves the data directory '{tmp_path}'. Start it with "
        f"`sluice up --data {tmp_path}`, or name a cluster with --kafka HOST:PORT.\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tail", "orders"], "There is no data in"),
        (["tail", "orders", "--kafka", "nowhere"], "expected HOST:PORT"),
        (["tail", "orders", "--from-start", "-n", "3"], "exclude each other"),
        (["publish", "orders", "{}", "--raw", "--id", "1"], "--raw writes none"),
        (["publish", "orders", "{}", "--header", "x"], "expected NAME=VALUE"),
        (["publish", "orders", "{}", "--time", "now"], "expected RFC 3339"),
        (["dlq", "replay"], "Say which"),
        (["import-orders", "absent.csv"], "does not exist"),
        (["functions", "--functions", "absent"], "cannot be imported"),
        (["functions", "--functions", "functions.domain"], "No function is declared in"),
        (["functions", "--functions", ""], "No function is declared in ''"),
    ],
)
def test_answers_misuse_with_what_was_expected(tmp_path, words, said):
    result = sluice(*words, *([] if words[0] == "functions" else ["--data", tmp_path]))

    assert result.exit_code in (1, 2)
    assert said in result.stderr


def test_shows_only_the_own_part_of_a_traceback_when_a_module_cannot_be_imported(
    tmp_path, monkeypatch
):
    (tmp_path / "broken_package.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)

    result = sluice("functions", "--functions", "broken_package")

    assert result.exit_code == 1
    assert result.stderr == (
        "sluice: A module of broken_package cannot be imported:\n"
        f'  File "{tmp_path}/broken_package.py", line 1, in <module>\n'
        "    import no_such_library\n"
        "ModuleNotFoundError: No module named 'no_such_library'\n"
    )


def test_says_that_the_demo_cannot_have_its_directory(tmp_path):
    (tmp_path / "file").touch()

    result = sluice("demo", "--data", tmp_path / "file" / "demo")

    assert result.exit_code == 1
    assert result.stderr == f"sluice: '{tmp_path}/file/demo' cannot be used: Not a directory.\n"


def test_says_that_what_it_prints_cannot_be_written():
    with open("/dev/full", "w") as full:
        words = [sys.executable, "-m", "local", "functions"]
        result = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert result.returncode == 1
    assert result.stderr == "sluice: What was printed cannot be written: no space is left there.\n"


def test_describes_functions_for_programs():
    [take_away, sell] = json.loads(
        sluice("functions", "--functions", "tests.local.small_shop", "--json").stdout
    )

    assert sell == {
        "id": "till.sell",
        "service": "till",
        "name": "sell",
        "kind": "http",
        "trigger": "POST /sales",
        "tables": [],
        "publishes": ["sales"],
        "retries": None,
        "retry_topic": None,
        "dead_letter_topic": None,
        "ordered": False,
        "batch": 5000,
        "doc": "Sell one piece.",
    }
    assert take_away["retries"]["attempts"] == 3
    assert take_away["dead_letter_topic"] == "shelf.take_away.dead-letters"


def test_says_that_a_fresh_machine_can_start(tmp_path):
    result = sluice("doctor", "--data", tmp_path / "new", "--json", "--port", free_port())

    checks = {check["name"]: check for check in json.loads(result.stdout)}
    assert checks["python"]["ok"]
    assert checks["data directory"]["ok"]
    assert checks["store"]["found"] == "none yet; `sluice up` makes it"


def test_says_that_a_damaged_store_keeps_it_from_starting(tmp_path):
    (tmp_path / "sluice.db").write_bytes(b"no database" * 1000)

    result = sluice("doctor", "--data", tmp_path)

    assert result.exit_code == 1
    assert "problem   store" in result.stdout

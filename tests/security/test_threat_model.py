"""What docs/security.md says is so: its proofs exist, and its limits are those of the code."""

import re
from pathlib import Path

import pytest

from functions.domain.order import MOST_LINES
from functions.domain.words import MONEY_BOUND, MONEY_DECIMALS
from runtime.event import MOST_HEADER_CHARACTERS
from runtime.gate import MOST_HEADER_BYTES, MOST_HELD_BYTES, MOST_URL_BYTES
from runtime.routes import MOST_WAIT_MS
from runtime.secrets import LEAST_CHARACTERS
from runtime.server import MOST_CONNECTIONS, PATIENCE_SECONDS
from runtime.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()


def test_every_proof_exists() -> None:
    rows = PAGE.partition("## Threats, answers, proofs")[2].partition("## ")[0].splitlines()
    threats = [row for row in rows if row.startswith("| ") and not row.startswith("| threat")]
    missing = []
    for row in threats:
        proofs = re.findall(r"`tests/([\w/.]+/(?:test_\w+\.py)?)(?:::(\w+))?`", row)
        assert proofs, row
        for path, name in proofs:
            place = ROOT / "tests" / path
            if not place.exists() or (name and f"def {name}(" not in place.read_text()):
                missing.append(f"{path}::{name}")

    assert len(threats) > 10
    assert missing == []


KIB, MIB = 1024, 1024 * 1024


@pytest.mark.parametrize(
    ("said", "is_so"),
    [
        ("| body of a request | 1 MiB | 413 |", Settings().max_body_bytes == MIB),
        ("| 16 KiB; 64 KiB and 100 of them |", MOST_URL_BYTES == 16 * KIB),
        ("| 16 KiB; 64 KiB and 100 of them |", MOST_HEADER_BYTES == 64 * KIB),
        ("and for the body | 30 s each", PATIENCE_SECONDS == 30),
        ("over all requests | 256 MiB", MOST_HELD_BYTES == 256 * MIB),
        ("| connections | 8192 |", MOST_CONNECTIONS == 8192),
        ("| 2000, 10 min each |", Settings().max_waiting_requests == 2000),
        ("| 2000, 10 min each |", MOST_WAIT_MS == 10 * 60 * 1000),
        ("its headers | 1 MiB; 64 KiB |", Settings().max_event_bytes == MIB),
        ("its headers | 1 MiB; 64 KiB |", MOST_HEADER_CHARACTERS == 64 * KIB),
        ("| 5,000; 256 characters;", MOST_LINES == 5000),
        ("below 10^12, 9 decimals", (MONEY_BOUND, MONEY_DECIMALS) == (10**12, 9)),
        ("values (8 characters or more)", LEAST_CHARACTERS == 8),
    ],
)
def test_every_limit_is_the_one_of_the_code(said: str, is_so: bool) -> None:
    assert said in PAGE
    assert is_so


def test_the_readme_leads_there() -> None:
    assert "(docs/security.md)" in (ROOT / "README.md").read_text()

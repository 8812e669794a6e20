"""What we depend on is pinned by its content, and always looked up, unless it says otherwise."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text()

FAULT = {
    "id": "PYSEC-1",
    "summary": "It explodes.",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "flask"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
        }
    ],
}


class Advisories(BaseHTTPRequestHandler):
    """Speaks as much of OSV's API as the audit needs."""

    against: str | None = None

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = {"vulns": [FAULT]} if asked["package"]["name"] == self.against else {}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def advisories() -> Iterator[tuple[type[Advisories], str]]:
    class Own(Advisories):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Own, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def made(goal: str, audit: str) -> str:
    """What make would run, without what installs the environment."""
    command = ["make", "-n", goal, f"AUDIT={audit}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return "\n".join(line for line in done.stdout.splitlines() if "audit" in line)


def audit(url: str, lock: Path) -> subprocess.CompletedProcess[str]:
    """Run the command of `make audit` over another lock."""
    command = made("audit", f"osv --osv-url {url}").replace("requirements.lock", str(lock))
    return subprocess.run(command, cwd=ROOT, shell=True, capture_output=True, text=True)


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """Two of the locked dependencies."""
    found = re.findall(r"^(?:flask|msgspec)==(?:.*\\\n)+.*\n", LOCK, re.MULTILINE)
    assert len(found) == 2
    path = tmp_path / "some.lock"
    path.write_text("".join(found))
    return path


def test_every_locked_dependency_is_pinned_by_its_content() -> None:
    pinned = re.findall(r"^([\w.-]+)==\S+ ", LOCK, re.MULTILINE)
    hashed = re.findall(r"^([\w.-]+)==[^\n]*\\\n +--hash=sha256:[0-9a-f]{64}", LOCK, re.MULTILINE)

    assert len(pinned) > 50
    assert hashed == pinned


def test_only_pinned_content_is_installed() -> None:
    for name in ("Makefile", "Dockerfile"):
        text = (ROOT / name).read_text()
        installs = re.findall(r"pip install .*", text)

        assert installs
        assert all("--require-hashes" in line or "--no-deps" in line for line in installs)


def test_check_looks_the_dependencies_up() -> None:
    assert "pip-audit --strict" in made("check", "pypi")


def test_the_lookup_is_left_out_only_when_told_and_says_so() -> None:
    said = made("check", "off")

    assert "pip-audit" not in said
    assert "NOT looked up" in said


def test_the_audit_passes_when_nothing_is_known(
    advisories: tuple[type[Advisories], str], lock: Path
) -> None:
    done = audit(advisories[1], lock)

    assert (done.returncode, "No known vulnerabilities found" in done.stderr) == (0, True)


def test_the_audit_fails_for_a_known_fault(
    advisories: tuple[type[Advisories], str], lock: Path
) -> None:
    advisories[0].against = "flask"
    done = audit(advisories[1], lock)

    assert done.returncode != 0
    assert "PYSEC-1" in done.stdout
    assert "has a known fault" in done.stderr


def test_the_audit_fails_when_nobody_answers(lock: Path) -> None:
    done = audit("http://127.0.0.1:1/", lock)

    assert done.returncode != 0
    assert "could not be looked up" in done.stderr

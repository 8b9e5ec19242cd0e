"""The image as Containerfile describes it. No image is built here: what can be read of it is read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.outside import Served, reply

ROOT = Path(__file__).parents[2]
ADDRESS = "127.0.0.1:9120"


def instructions() -> list[tuple[str, str]]:
    """(word, rest), continued lines joined."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ")
    return [
        (word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines.splitlines() if line)
    ]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    start = max(n for n, (word, _) in enumerate(found) if word == "FROM")
    return found[start:]


def test_it_runs_as_nobody_in_particular_and_never_as_root() -> None:
    """A number, so that an orchestrator can see that it is not 0; nothing runs after it as another."""
    users = [rest for word, rest in last_stage() if word == "USER"]
    assert users == ["10001:10001"]
    after = last_stage()[[word for word, _ in last_stage()].index("USER") :]
    assert not {"RUN", "COPY", "ADD"} & {word for word, _ in after}


def test_everything_is_installed_from_hashes_and_nothing_is_fetched_by_address() -> None:
    """No ADD, no address; each installation of requirements demands hashes."""
    found = instructions()
    assert "ADD" not in {word for word, _ in found}
    installs = [part for word, rest in found if word == "RUN" for part in rest.split("&&") if "-r " in part]
    assert installs
    assert all("--require-hashes" in part and "--only-binary :all:" in part for part in installs)
    assert not [rest for word, rest in found if re.search(r"https?://(?!127\.0\.0\.1)", rest)]


def test_what_it_copies_exists_and_reaches_the_builder() -> None:
    """Nothing but what is named, least of all a secret that lies about."""
    allowed = {
        line.removeprefix("!")
        for line in (ROOT / ".containerignore").read_text().splitlines()
        if line[:1] == "!"
    }
    copied = {
        name
        for word, rest in instructions()
        if word == "COPY" and not rest.startswith("--from")
        for name in rest.split()[:-1]
    }
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)


class Health(Served):
    """/-/healthy with a status of choice."""

    status = 200

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        reply(request, self.status if request.path == "/-/healthy" else 404, b"{}")


def test_its_health_check_tells_well_from_ill() -> None:
    """The command itself, run against an answer: 0 where well, another status where not, or where nobody listens."""
    (check,) = [rest for word, rest in last_stage() if word == "HEALTHCHECK"]
    command = json.loads(check.partition("CMD ")[2])
    assert ADDRESS in command[-1]

    def status(address: str) -> int:
        code = command[-1].replace(ADDRESS, address)
        return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode

    with Health() as health:
        assert status(health.address) == 0
        Health.status = 503
        assert status(health.address) != 0
        closed = health.address
    assert status(closed) != 0


def test_its_command_is_the_daemon() -> None:
    """The entry point lies where the wheel is installed; a signal reaches it, since it is the process itself."""
    said = dict(last_stage())
    assert json.loads(said["ENTRYPOINT"]) == ["/opt/watcher/bin/watcher"]
    assert json.loads(said["CMD"])[:3] == ["run", "--config", "/etc/watcher/watcher.yaml"]
    assert said["STOPSIGNAL"] == "SIGTERM"
    assert said["VOLUME"] == "/var/lib/watcher"

"""Strange requests to the API of a real daemon, made from its own description by schemathesis."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.whole.stage import Watcher, settings

TOKEN = "0123456789abcdef0123456789abcdef"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
"""Not among them is that whatever fits the document is taken: that an end lies before its beginning no schema says."""
OK = 200
PLACES = 12
"""Environments with an incident and a suspicion each: strangers end some of them before others can act."""
CONFIG = """\
[checks]
negative_data_rejection.expected-statuses = ["4xx"]
missing_required_header.expected-statuses = ["4xx"]

[dictionaries]
ids = { values = [IDS] }
suspicions = { values = [SUSPICIONS] }
tests = { values = ["TEST-2", "TEST-3"] }
numbers = { values = ["1", "2", "3"] }
people = { values = ["ann"] }
spans = { values = ["1s", "2h", "1d"] }
moments = { values = ["2026-11-25T03:14:00Z", "2030-01-01 18:00"] }

[parameters]
"path.id" = { dictionary = "ids", probability = 0.8 }
"path.number" = { dictionary = "numbers", probability = 0.8 }
"body.person" = { dictionary = "people", probability = 0.8 }
"body.contact" = { dictionary = "people", probability = 0.8 }
"body.for" = { dictionary = "spans", probability = 0.6 }
"body.until" = { dictionary = "moments", probability = 0.6 }
"body.at" = { dictionary = "moments", probability = 0.6 }
"body.from" = { dictionary = "moments", probability = 0.6 }

[[operations]]
include-operation-id = ["confirm", "not-p0"]
parameters = { "path.id" = { dictionary = "suspicions", probability = 0.8 } }

[[operations]]
include-operation-id = ["page-test-result"]
parameters = { "path.id" = { dictionary = "tests", probability = 0.8 } }
"""


@dataclass(frozen=True)
class Fuzzed:
    """What schemathesis said, and how the daemon is afterwards: its own health, and whether it met a fault of its own."""

    status: int
    said: str
    healthy: bool
    faultless: bool


def fuzz(folder: Path, *options: str, seconds: float) -> Fuzzed:
    """Start a daemon, give it something to act on, and ask it strange things."""
    token = folder / "token"
    token.write_text(TOKEN, encoding="utf-8")
    (folder / "schemathesis.toml").write_text(config(), encoding="utf-8")
    plain = settings("127.0.0.1:9", health={"endpoints": [{"name": "api", "url": "http://127.0.0.1:9/"}]})
    watcher = Watcher(folder, plain)
    listen = f"127.0.0.1:{watcher.port}"
    watcher.write({**plain, "serve": {"listen": listen, "tokens": {"cli": {"file": str(token)}}}})
    with watcher:
        prepare(watcher.port)
        done = subprocess.run(
            command(listen, *options),
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        healthy = watcher.alive and watcher.get("/-/healthy")[0] == OK
        faultless = "Traceback" not in watcher.output.read_text(encoding="utf-8")
        return Fuzzed(done.returncode, done.stdout + done.stderr, healthy, faultless)


def command(listen: str, *options: str) -> list[str]:
    address = f"http://{listen}/api/v1/openapi.json"
    program = [sys.executable, "-m", "schemathesis.cli", "run", address, "--checks", ",".join(CHECKS)]
    return [*program, "-H", f"Authorization: Bearer {TOKEN}", *options]


def config() -> str:
    ids = [f"INC-{number}" for number in range(1, PLACES + 1)]
    suspicions = [f"SUS-{number}" for number in range(1, PLACES + 1)]
    quoted = {"IDS": [*ids, *suspicions, "TEST-2"], "SUSPICIONS": suspicions}
    text = CONFIG
    for hole, names in quoted.items():
        text = text.replace(f"[{hole}]", json.dumps(names))
    return text


def prepare(port: int) -> None:
    """Incidents and suspicions, a silence, an override and test pages."""
    post(port, "/page-test")
    for number in range(PLACES):
        place = f"place-{number}"
        post(port, "/report", text="all of my conversations are gone", environment=place)
        post(port, "/declare", category="outage", text="nothing loads", environment=place)
    for number in range(3):
        post(port, "/silences", match={"key": f"key-{number}"}, because="a test", **{"for": "2h"})
    post(port, "/overrides", person="ann", because="a test", **{"for": "2h"})


def post(port: int, path: str, **body: object) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    connection.request("POST", f"/api/v1{path}", json.dumps({"as": "ann", **body}), headers)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    connection.close()

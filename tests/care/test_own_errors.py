"""Our own errors in a Sentry of our own: they arrive, and no secret with them. A real library, a real socket."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zlib
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.crash.stage import ROOT
from tests.outside import Served, read_body, reply

SECRET = "hunter2-planted-secret"


class OwnSentry(Served):
    """Takes envelopes, and keeps what stood in them."""

    def __init__(self) -> None:
        super().__init__()
        self.raw: list[bytes] = []

    @property
    def dsn(self) -> str:
        return f"http://0123456789abcdef@{self.address}/42"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = read_body(request)
        kind = request.headers.get("content-encoding", "")
        self.raw.append(gzip.decompress(body) if kind == "gzip" else zlib.decompress(body) if kind else body)
        reply(request, 200, b"{}")

    def items(self, kind: str) -> list[dict[str, Any]]:
        """The items of a kind, of every envelope."""
        found = []
        for raw in self.raw:
            lines = raw.splitlines()[1:]
            for head, body in zip(lines[::2], lines[1::2], strict=False):
                if json.loads(head)["type"] == kind:
                    found.append(json.loads(body))
        return found


@pytest.fixture(scope="module")
def reported() -> OwnSentry:
    """What a process with many faults has sent."""
    with OwnSentry() as sentry:
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("reporting.py"))],
            env={**os.environ, "OWN_DSN": sentry.dsn, "PYTHONPATH": str(ROOT), "SENTRY_ENVIRONMENT": "x"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stderr + done.stdout
    return sentry


def test_no_secret_reaches_an_event(reported: OwnSentry) -> None:
    """Neither from a message, a variable, a field, a thread's name, nor from an exception's text."""
    assert reported.raw
    assert not [raw for raw in reported.raw if SECRET.encode() in raw]


def test_each_fault_arrives_once_with_its_kind(reported: OwnSentry) -> None:
    """What was caught, what ended a thread, what was critical; a fault that repeats is one."""
    events = reported.items("event")
    kinds = [e["exception"]["values"][-1]["type"] if "exception" in e else "message" for e in events]
    assert sorted(kinds) == ["KeyError", "OSError", "ValueError", "ValueError", "message"]
    assert {e["tags"]["event"] for e in events} >= {"part_failed", "thread_ended"}


def test_an_event_holds_frames_and_nothing_of_their_insides(reported: OwnSentry) -> None:
    """Where it happened, without variables, source lines, the machine's name or the program's arguments."""
    for event in reported.items("event"):
        assert set(event) <= {
            *("event_id", "timestamp", "level", "platform", "release", "sdk", "environment"),
            *("exception", "message", "logentry", "tags", "contexts"),
        }
        for value in event.get("exception", {}).get("values", []):
            frames = value["stacktrace"]["frames"]
            assert frames
            assert not [f for f in frames if f.keys() & {"vars", "context_line", "pre_context"}]


def test_the_check_in_says_how_often(reported: OwnSentry) -> None:
    """The monitor is made by the first one: nobody has to set it up."""
    (check_in,) = reported.items("check_in")
    assert (check_in["monitor_slug"], check_in["status"]) == ("hotfix-watcher", "ok")
    schedule = check_in["monitor_config"]["schedule"]
    assert schedule == {"type": "interval", "value": 1, "unit": "minute"}


def test_without_a_dsn_the_library_is_not_loaded() -> None:
    """It costs a tenth of a second and some megabytes: those who do not use it do not pay."""
    code = "import sys, watcher.live, watcher.daemon; sys.exit('sentry_sdk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0

"""Sentry's webhook and the real daemon, on real sockets."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.outside import Pager
from tests.whole.stage import Watcher, settings
from tests.whole.test_sentry import TOKEN, WEB, sentry, served, sign_in_errors
from watcher.demo.sentry import sentry_app
from watcher.demo.tracker import State

SECRET = "the-client-secret-of-the-integration"
SELDOM = "1h"
"""What is seen within the test was seen because of the hook."""
ANSWERS_WITHIN = 0.1
"""Seconds; Sentry waits one, and does not try again."""
STUMBLES = 4
"""One in ten may meet a machine that does something else."""
LONG = "x" * 500_000
"""An alert brings a whole event along."""


def deliver(watcher: Watcher, body: bytes, key: str = SECRET) -> tuple[int, Any, float]:
    """Status, answer, and how long it took."""
    signed = {
        "Content-Type": "application/json",
        "Request-ID": hashlib.md5(body).hexdigest(),
        "Sentry-Hook-Resource": "issue",
        "Sentry-Hook-Timestamp": str(int(time.time())),
        "Sentry-Hook-Signature": hmac.new(key.encode(), body, hashlib.sha256).hexdigest(),
    }
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", watcher.port, timeout=5)
    connection.request("POST", "/hooks/sentry", body, signed)
    answer = connection.getresponse()
    found = json.loads(answer.read())
    took = time.perf_counter() - began
    connection.close()
    return answer.status, found, took


def said(number: int) -> bytes:
    return json.dumps({"action": "created", "data": {"issue": {"id": str(number), "title": LONG}}}).encode()


def test_a_delivery_makes_the_daemon_see_at_once_what_it_would_have_seen_in_an_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is paged by what the hook says: the page tells what the look found. A forged delivery is no look."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    tracker = State(projects=(WEB,))
    with Pager() as pager, served(sentry_app(tracker, token=TOKEN)) as address:
        source = sentry("shop", address, every=SELDOM, hook_secret="${HOOK_SECRET}", url=f"http://{address}")
        with Watcher(tmp_path, settings(pager.address, sentry=[source])) as watcher:
            assert watcher.sees("sentry:shop"), watcher.said
            tracker.issues = (sign_in_errors(users=40),)
            assert deliver(watcher, said(1), "forged")[0] == 401
            assert deliver(watcher, said(1))[:2] == (200, {"outcome": "looking"})
            assert pager.wait_for(bool, 5), watcher.said
            assert "40 users" in pager.got[0].text
            assert watcher.api("/incidents/INC-1")["signals"][0]["source"] == "sentry:shop"
            assert SECRET not in watcher.said


def test_a_delivery_is_answered_before_sentry_stops_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a megabyte each, in a storm: within a tenth of a second."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with Pager() as pager, served(sentry_app(State(projects=(WEB,)), token=TOKEN)) as address:
        source = sentry("shop", address, every=SELDOM, hook_secret="${HOOK_SECRET}", url=f"http://{address}")
        with Watcher(tmp_path, settings(pager.address, sentry=[source])) as watcher:
            assert watcher.sees("sentry:shop"), watcher.said
            found = [deliver(watcher, said(number)) for number in range(40)]
            assert {status for status, _, _ in found} == {200}
            assert sorted(took for _, _, took in found)[-STUMBLES] < ANSWERS_WITHIN

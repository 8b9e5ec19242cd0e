"""One night with one incident, from the page to its end, through the doors that people use."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from urllib.parse import urlencode

from tests.outside import App, Got, Pager
from tests.whole.stage import Watcher, ask, endpoint, holds, incident_pages, settings

SINCE_THE_START = (
    "watcher_polls_",
    "watcher_poll_last_success",
    "watcher_page_delivery_seconds",
    "watcher_process_",
)
"""Families that say in their help that they begin anew with the process."""
REPEAT = {"after": "0m", "page": ["on-call"], "repeat": "1s"}


def link_of(page: Got) -> str:
    """The address in the page's text."""
    found = re.search(r"http://127\.0\.0\.1:\d+/ack/\S+", page.text)
    assert found is not None, page.text
    return found[0]


def lasting(watcher: Watcher) -> dict[str, float]:
    """The metrics that come from the log."""
    return {k: v for k, v in watcher.metrics().items() if not k.startswith(SINCE_THE_START)}


def incident(watcher: Watcher, *words: str) -> dict[str, object]:
    said = watcher.command("show", "INC-1", "--json", *words)
    assert said.returncode == 0, said.stderr
    found: dict[str, object] = json.loads(said.stdout)
    return found


def test_from_the_page_to_the_end(tmp_path: Path) -> None:
    """Looking at the link changes nothing, taking it ends the repetition, resolving is heard, and a kill changes no figure and no word."""
    with App() as app, Pager() as pager:
        watcher = Watcher(tmp_path, "")
        config = settings(
            pager.address,
            service={"name": "shop", "public_url": f"http://127.0.0.1:{watcher.port}"},
            health={"endpoints": [endpoint("api", f"http://{app.address}/api/health")]},
            escalation={"unacknowledged": [REPEAT]},
        )
        watcher.write(config)
        with watcher:
            app.broken = True
            _looking_changes_nothing(watcher, pager)
            _taking_ends_the_repetition(watcher, pager)
            app.broken = False
            closed = _resolving_is_heard(watcher, pager)
            before = lasting(watcher)
            assert before["watcher_incident_time_to_acknowledge_seconds_count"] == 1
            assert before["watcher_incident_time_to_page_seconds_count"] == 1
            assert before["watcher_incident_time_to_resolve_seconds_count"] == 1
            assert 0 < before["watcher_incident_time_to_page_seconds_sum"] < 1
            assert before['watcher_pages_total{outcome="accepted",target="phone"}'] == len(pager.got)
            heard = len(pager.got)
            assert watcher.end(signal.SIGKILL) == -signal.SIGKILL
            assert incident(watcher, "--log", str(tmp_path / "watcher.db")) == closed
            watcher.start()
            assert watcher.ready(), watcher.said
            assert watcher.sees("health:api")
            assert lasting(watcher) == before
            assert len(pager.got) == heard


def _looking_changes_nothing(watcher: Watcher, pager: Pager) -> None:
    """Mail scanners follow links: GET shows, and the paging goes on."""
    assert pager.wait_for(lambda _: bool(incident_pages(pager)), 10), watcher.said
    status, page = ask(link_of(pager.got[0]))
    assert (status, "INC-1" in page, "ann" in page) == (200, True, True)
    looked_at = len(pager.got)
    assert pager.wait_for(lambda got: len(got) > looked_at, 5), watcher.said
    assert incident(watcher)["acknowledged_by"] is None


def _taking_ends_the_repetition(watcher: Watcher, pager: Pager) -> None:
    """POST with a name acts; by then nothing is owed, and nothing more is sent."""
    status, page = ask(
        link_of(pager.got[0]), urlencode({"who": "ann"}).encode(), "application/x-www-form-urlencoded"
    )
    assert status == 200, page
    taken = incident(watcher)
    assert (taken["acknowledged_by"], taken["status"]) == ("ann", "investigating")
    assert holds(lambda: watcher.metrics()["watcher_pages_pending"] == 0)
    told = len(pager.got)
    assert not pager.wait_for(lambda got: len(got) > told, 1.6), [got.title for got in pager.got]


def _resolving_is_heard(watcher: Watcher, pager: Pager) -> dict[str, object]:
    """Those who were paged hear of the end; a second `resolve` is told who was first. Answers how it was closed."""
    said = watcher.command("resolve", "INC-1", "the database is back", "--as", "ann")
    assert said.returncode == 0, said.stderr
    assert pager.wait_for(lambda got: "resolved" in got[-1].title, 5), pager.got
    closed = incident(watcher)
    assert (closed["status"], closed["outcome"]) == ("resolved", "resolved")
    assert watcher.api("/incidents") == {"incidents": [], "suspicions": []}
    again = watcher.command("resolve", "INC-1", "--as", "bob")
    assert (again.returncode, "ann" in again.stderr) == (1, True), again.stderr
    return closed

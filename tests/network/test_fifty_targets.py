"""Fifty targets, ten of them hanging and ten failing, through the whole daemon: none delays or hides another."""

from __future__ import annotations

from pathlib import Path

from tests.network.fifty import DENIED, ERROR, FIFTY, GOOD, HANGS, SPARES, Fifty, until, watched
from watcher.incident.event import PageFailed

AT_MOST_MS = 1000
"""Generous: a loaded machine runs this beside other tests. What is promised is measured by bench/lanes_daemon.py."""


async def test_each_of_fifty_targets_has_its_page_and_its_fact(tmp_path: Path) -> None:
    """The good have theirs soon; who refuses, fails or hangs is told apart by the reason, and has its fallback."""
    async with watched(tmp_path) as fifty:
        fifty.receivers.broken = True
        assert await until(lambda: set(FIFTY) <= fifty.receivers.got_at.keys(), 10)
        assert max(fifty.waits_ms()[name] for name in GOOD) < AT_MOST_MS
        assert await until(lambda: set(FIFTY) <= fifty.answered(), 10)
        assert set(GOOD) <= fifty.accepted()
        assert {name: fifty.receivers.posts[name] for name in GOOD} == dict.fromkeys(GOOD, 1)
        _say_why(fifty)
        assert await until(lambda: SPARES["denied"] in fifty.accepted(), 5)
        assert fifty.receivers.posts[SPARES["denied"]] == 1
        assert {name: fifty.receivers.posts[name] for name in DENIED} == dict.fromkeys(DENIED, 1)


def _say_why(fifty: Fifty) -> None:
    failed: dict[str, PageFailed] = fifty.failed()
    assert failed.keys() == {*HANGS, *ERROR, *DENIED}
    for names, reason, unknown, final in (
        (HANGS, "timeout", True, False),
        (ERROR, "server_error", False, False),
        (DENIED, "auth", False, True),
    ):
        for name in names:
            fact = failed[name]
            said = (fact.reason, fact.unknown, fact.retry_at is None)
            assert said == (reason, unknown, final), fact

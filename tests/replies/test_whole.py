"""The daemon and a reply topic over real sockets: from the page to the answer, without a port of ours for it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.outside import App, Pager
from tests.replies.ntfy import Ntfy
from tests.whole.stage import Watcher, endpoint, holds, incident_pages, settings
from watcher.clock import Clock
from watcher.log.sqlite import SqliteLog
from watcher.serve.links import Links

REPEAT = {"after": "0m", "page": ["on-call"], "repeat": "2s"}


class Night:
    """A daemon with an app, a pager and a reply topic."""

    def __init__(self, folder: Path, app: App, pager: Pager, ntfy: Ntfy) -> None:
        self.app, self.pager, self.ntfy = app, pager, ntfy
        self._log = folder / "watcher.db"
        config = settings(
            pager.address,
            health={"endpoints": [endpoint("api", f"http://{app.address}/api/health")]},
            escalation={"unacknowledged": [REPEAT]},
            reply={"ntfy": ntfy.topic},
        )
        self.watcher = Watcher(folder, config)

    def rings(self, seconds: float = 10) -> bool:
        before = len(incident_pages(self.pager))
        return self.pager.wait_for(lambda _: len(incident_pages(self.pager)) > before, seconds)

    def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = self.watcher.api("/incidents/INC-1")
        return found

    def code(self) -> str:
        log = SqliteLog(self._log, lease=False)
        key = bytes.fromhex(log.remembered("links")["key"])
        log.close()
        pages = [p["page"] for p in self.shown()["pages"] if p["kind"] == "wake"]
        return Links(key, lambda: None, Clock()).code("INC-1", pages[-1], "ann")


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    with App() as app, Pager() as pager, Ntfy() as ntfy:
        yield Night(tmp_path, app, pager, ntfy)


def test_a_reply_acknowledges_and_words_alone_do_not(night: Night) -> None:
    """A bare "ack INC-1" from anybody changes nothing; with the code of the page ann has it, within a look."""
    with night.watcher:
        night.app.broken = True
        assert night.rings(), night.watcher.said
        night.ntfy.write("ack INC-1")
        night.ntfy.write("ack INC-1 ann")
        night.ntfy.write("ack INC-1 00000000 ann")
        assert holds(lambda: "reply_refused" in night.watcher.said, 8), night.watcher.said
        assert night.shown()["acknowledged_by"] is None
        began = time.monotonic()
        night.ntfy.write(f"ack INC-1 {night.code()}")
        assert holds(lambda: night.shown()["acknowledged_by"] == "ann", 8), night.watcher.said
        print(f"taken {time.monotonic() - began:.2f} s after the reply")
        assert night.ntfy.topic not in night.watcher.said


def test_a_reply_that_came_while_the_daemon_was_away_still_counts(night: Night) -> None:
    """A kill between the page and the answer loses neither."""
    with night.watcher:
        night.app.broken = True
        assert night.rings(), night.watcher.said
        code = night.code()
    night.ntfy.write(f"ack INC-1 {code}")
    with night.watcher:
        assert holds(lambda: night.shown()["acknowledged_by"] == "ann", 8), night.watcher.said


def test_a_topic_that_hangs_delays_no_page(night: Night) -> None:
    """The pages come at their pace while the reply topic does not answer."""
    with night.watcher:
        night.ntfy.hang.clear()
        night.app.broken = True
        assert night.rings(), night.watcher.said
        assert all(night.rings(3) for _ in range(4)), night.watcher.said
        night.ntfy.hang.set()
        moments = [got.at for got in night.pager.got if got.title.startswith("INC-")]
        gaps = [b - a for a, b in pairwise(moments)]
        print(f"longest gap {max(gaps):.2f} s: {json.dumps([round(gap, 2) for gap in gaps])}")
        assert max(gaps) < 2.6

"""The daemon on an invented past, scraped by a real Prometheus, with people who go on working."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.metrics.facts import Facts, facts
from tests.metrics.history import write
from tests.metrics.prometheus import Prometheus
from tests.outside import App, Pager
from tests.whole.stage import Watcher, endpoint, holds, settings
from watcher.log.sqlite import SqliteLog

ROOT = Path(__file__).resolve().parents[2]
ALERTS = ROOT / "prometheus" / "alerts.yaml"


@dataclass(frozen=True)
class Stage:
    """Everything that runs."""

    daemon: Watcher
    app: App
    pager: Pager
    prometheus: Prometheus
    log: Path

    @contextmanager
    def facts(self) -> Iterator[Facts]:
        with facts(self.log, time.time()) as found:
            yield found

    def scraped(self) -> bool:
        """Whether Prometheus has seen, within the time, what the daemon shows from now on."""
        asked = time.time()
        return holds(lambda: any(at > asked for at in self.prometheus.query(SCRAPED_AT).values()))

    def scraped_times(self, number: int) -> bool:
        """Whether it has so many samples: what it adds at the edges of a range is one in so many, at most."""
        return holds(lambda: any(n >= number for n in self.prometheus.query(SAMPLES).values()), 60)

    def crash(self) -> None:
        """Killed, seen to be gone, started again and scraped again."""
        self.daemon.end(signal.SIGKILL)
        assert holds(lambda: self.prometheus.query("min(up)") == {(): 0.0})
        self.daemon.start()
        assert self.daemon.ready(), self.daemon.said
        assert self.scraped()

    def act(self, path: str, **body: Any) -> Any:
        """What a person asks for, over the API."""
        status, answer = self.daemon.post(path, **{"as": "ann", **body})
        assert status == 200, (path, status, answer)
        return answer


SAMPLES = "min(count_over_time(up[10m]))"
SCRAPED_AT = "max(timestamp(watcher_build_info))"


def past(path: Path, number: int, days: int, seed: int = 1) -> None:
    """An invented past, up to now."""
    log = SqliteLog(path)
    write(log, number=number, days=days, now=datetime.now(UTC), seed=seed)
    log.close()


@contextmanager
def staged(folder: Path, number: int = 240, days: int = 180) -> Iterator[Stage]:
    """All of it; the pages that an open incident owes have left before the first scrape."""
    if number:
        past(folder / "watcher.db", number, days)
    with ExitStack() as held:
        app, pager = held.enter_context(App()), held.enter_context(Pager())
        daemon = held.enter_context(Watcher(folder, config(app, pager)))
        assert holds(lambda: daemon.metrics()["watcher_pages_pending"] == 0)
        prometheus = held.enter_context(Prometheus(folder, daemon.port, ALERTS))
        stage = Stage(daemon, app, pager, prometheus, folder / "watcher.db")
        assert stage.scraped_times(2)  # one sample has not grown
        yield stage


def config(app: App, pager: Pager) -> dict[str, Any]:
    phone = {"apprise": f"json://{pager.address}/", "timeout": "5s"}
    return settings(
        pager.address,
        health={"endpoints": [endpoint("api", f"http://{app.address}/api/health")]},
        contacts={"ann": {"targets": ["chat", "ann-phone"]}},
        targets={"chat": phone, "ann-phone": {**phone, "wakes": True}},
        heartbeat={"url": f"http://{pager.address}/beat", "every": "10s"},
    )

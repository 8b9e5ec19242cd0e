"""A daemon in its own process with an app, a pager and a real broker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.mqtt.mosquitto import Mosquitto
from tests.outside import App, Pager
from tests.whole.stage import Watcher, endpoint, incident_pages, settings
from watcher.clock import Clock
from watcher.log.sqlite import SqliteLog
from watcher.serve.links import Links

REPEAT = {"after": "0m", "page": ["on-call"], "repeat": "1s"}


class Night:
    """A daemon, its app, its pager and a broker."""

    def __init__(self, folder: Path, app: App, pager: Pager, broker: Mosquitto, **more: Any) -> None:
        self.folder, self.app, self.pager, self.broker = folder, app, pager, broker
        config = settings(
            pager.address,
            health={"endpoints": [endpoint("api", f"http://{app.address}/api/health")]},
            escalation={"unacknowledged": [REPEAT]},
            mqtt={"url": broker.url, "trusted": ["house/button"]},
        )
        self.watcher = Watcher(folder, config | more)

    def links(self) -> Links:
        log = SqliteLog(self.folder / "watcher.db", lease=False)
        key = bytes.fromhex(log.remembered("links")["key"])
        log.close()
        return Links(key, lambda: None, Clock())

    def code(self) -> str:
        """The code of the newest page, as its text says it."""
        pages = [p for p in self.watcher.api("/incidents/INC-1")["pages"] if p["kind"] == "wake"]
        return self.links().code("INC-1", pages[-1]["page"], "ann")

    def rings(self, seconds: float = 10) -> bool:
        before = len(incident_pages(self.pager))
        return self.pager.wait_for(lambda _: len(incident_pages(self.pager)) > before, seconds)

    def taken_by(self) -> str | None:
        found: str | None = self.watcher.api("/incidents/INC-1")["acknowledged_by"]
        return found

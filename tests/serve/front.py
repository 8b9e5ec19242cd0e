"""A desk on a real engine in virtual time, and somebody who speaks to the application on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
from pydantic import SecretStr

from notifiers.page import Receipt
from tests.theatre import CONFIG, RULES, Theatre
from tests.virtual import run
from watcher.config import Config
from watcher.log import Log
from watcher.serve.app import build
from watcher.serve.desk import Desk, Reloaded
from watcher.serve.links import Links
from watcher.serve.metrics import Metrics

KEY = bytes(range(32))


class Front(Theatre):
    """A theatre with a front door."""

    def __init__(
        self,
        log: Log | None = None,
        tokens: dict[str, str] | None = None,
        script: dict[str, list[Receipt]] | None = None,
        rules: str = RULES,
        text: str = CONFIG,
    ) -> None:
        super().__init__(log, script, rules=rules, text=text)
        self.config: Config = self.governing.config
        serve = self.config.serve.model_copy(
            update={"tokens": {n: SecretStr(t) for n, t in (tokens or {}).items()}}
        )
        self.config = self.config.model_copy(update={"serve": serve})
        self.links = Links(KEY, lambda: self.config.service.public_url, self.world.clock)
        self.metrics = Metrics(self.world.clock, version="1.2.3")
        self.metrics.govern(self.config)
        self.metrics.begin(self.log.milestones("incident"), self.log.remembered("tally"))
        self.engine.tally(self.metrics.tally)
        self.engine.follow(self.metrics.turn)
        self.reloads = [Reloaded(ok=True, generation=2)]
        self.desk = Desk(
            engine=self.engine,
            clock=self.world.clock,
            config=lambda: self.config,
            links=self.links,
            read=self._read,
            metrics=self.metrics.exposition,
            windows=self.metrics.windows,
            reload=self._reload,
            nudge=lambda name: None,
            ready=lambda: self.engine.turned_at is not None,
            sources=lambda: {
                "health:api": {
                    "every": 10.0,
                    "looked_at": self.engine.looked.get("health:api"),
                    "health": self.judge.told.get("health:api"),
                }
            },
        )

    async def _read(self, reading: Any) -> Any:
        return reading(self.log)

    async def _reload(self) -> Reloaded:
        return self.reloads.pop()

    def web(
        self, client: str = "127.0.0.1", base: str = "http://127.0.0.1:9120", **headers: str
    ) -> httpx2.AsyncClient:
        """Somebody at an address, with these headers (underscores stand for hyphens)."""
        transport = httpx2.ASGITransport(build(self.desk), client=(client, 1234), raise_app_exceptions=False)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx2.AsyncClient(transport=transport, base_url=base, headers=named)

    def again(self) -> Front:
        """The same log after a restart."""
        fresh = Front(self.log)
        fresh.config = self.config
        return fresh


REPORTS = """\
version: 1
category: data-loss
rules:
  - id: data-loss.report
    trigger: conversations deleted unintentionally
    because: "a person reports lost data"
    signal: report
    when: {any_text: ['(are|is) gone']}
    certainty: hint
    examples:
      fires: [{text: "my conversations are gone"}]
      near_misses: [{text: "my conversations are long", why: nothing is lost}]
"""
"""Rules by which a person's words raise a suspicion."""
GONE = "my conversations are gone"

TOKENS = {"cli": "a-long-token-for-cli", "ci": "a-long-token-for-ci"}
API = "/api/v1"


def played(scene: Callable[[Front], Awaitable[Any]], **options: Any) -> Any:
    """One scene with an incident open."""

    async def main() -> Any:
        stage = Front(**options)
        await stage.start()
        await stage.probe("down")
        try:
            return await scene(stage)
        finally:
            await stage.crash()

    return run(main())


def bearer(name: str = "cli") -> dict[str, str]:
    return {"authorization": f"Bearer {TOKENS[name]}"}

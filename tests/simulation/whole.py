"""The whole daemon in a seeded world: applications and a Sentry that answer over HTTP, people who use its API.

What fails around it is the same as around the core; what its sources say, nobody puts in: they look for themselves.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import httpx2

from rules import load as rulebooks
from rules.yaml import compose
from tests.simulation.faults import Faults
from tests.simulation.life import Life
from tests.simulation.people import People
from tests.simulation.play import played
from tests.simulation.setting import TOKEN, written
from tests.simulation.stage import Stage
from tests.simulation.tape import Fault, Tape
from tests.support import T0
from watcher.clock import Clock
from watcher.config import Config
from watcher.daemon import daemon
from watcher.demo.sentry import sentry_app
from watcher.demo.world import Shop, shop_before
from watcher.incident import command as ask
from watcher.incident.surroundings import DaemonStarted
from watcher.log import Row
from watcher.opening import Governing

SYSTEMS = ("api", "billing", "search", "export")
SECRET = "hunter2-whole-SECRET"
SOURCES = """\
health:
  endpoints:
{endpoints}
sentry:
  - {{name: shop, url: "http://sentry.example", organization: acme, token: "${{SIMULATED_TOKEN}}", every: {every}}}
blind: {{reference: ["http://reference.example/"], every: 10s}}
"""
ENDPOINT = '    - {{name: {0}, url: "http://{0}.example/health", system: {0}, critical: true, every: {1}}}'
HOUR = 3600
CALM = 30 * 60


@cache
def whole_governing(seed: int, *, lost: bool = False) -> Governing:
    """Every part of the program, on four applications and one Sentry. The shipped rules."""
    chance = random.Random(f"whole {seed}")
    every = chance.choice(("10s", "15s"))
    endpoints = "\n".join(ENDPOINT.format(name, every) for name in SYSTEMS)
    clean, watch = chance.choice(("1m", "2m")), chance.choice(("1m", "3m"))
    text = written("team", clean, watch, "", lost=lost)
    head, _, rest = text.partition("health:\n")
    rest = rest.partition("rules:")[2]
    sources = SOURCES.format(endpoints=endpoints, every=chance.choice(("30s", "60s")))
    whole = f"{head}{sources}rules:{rest}"
    return Governing(config=compose(whole, "watcher.yaml").check(Config), rulebook=rulebooks.load())


class Whole(Life):
    """One life of `daemon()`."""

    def begin(self, stage: WholeStage, heartbeat: timedelta) -> None:
        @asynccontextmanager
        async def listening(app: Any, address: str) -> AsyncIterator[str]:
            stage.face = httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1"
            )
            try:
                yield address
            finally:
                stage.face = None

        self.world = replace(self.world, http=stage.transport, listen=listening)
        self.stop = asyncio.Event()
        self.spawn(self._run(heartbeat), "daemon")

    async def _run(self, heartbeat: timedelta) -> None:
        """It ends by exit 3 where the disk is full: with last words."""
        try:
            code = await daemon(lambda: self.governing, self.world, stop=self.stop, heartbeat=heartbeat)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            self.broken = None if "disk" in str(error) else error
            self.end(f"{error}")
        else:
            self.end("the disk is full" if code else "told to stop")


@dataclass
class Ways(httpx2.AsyncBaseTransport):
    """To the Sentry, or to an application."""

    stage: WholeStage
    sentry: httpx2.ASGITransport

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        if host == "sentry.example" and host not in self.stage.failing_as:
            return await self.sentry.handle_async_request(request)
        return await self.stage.answer(request)


class WholeStage(Stage):
    """Applications that break in many ways; `failing_as` says how, by host."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.tape = Tape(seed, whole_governing(seed), whole=True)
        self.keeping.tape = self.pagers.tape = self.tape
        self.keeping.told = self._written
        self.shape = "whole"
        self.failing = {}
        self.failing_as: dict[str, str] = {}
        self.shop: Shop = shop_before(T0)
        self.face: httpx2.AsyncClient | None = None
        self._held: tuple[Any, Any, Any] = (None, None, None)

    def at(self, now: datetime) -> Any:
        """What the Sentry holds; of one moment it is asked many things."""
        if self._held[:2] != (self.shop, now):
            self._held = (self.shop, now, self.shop.at(now))
        return self._held[2]

    def start(self) -> None:
        self.lives += 1
        held = whole_governing(self.tape.seed, lost=self.lost)
        chance = random.Random(f"life {self.tape.seed} {self.lives}")
        life = Whole(self.lives, self.keeping, self.pagers, held, self.wall, chance, self._ended)
        self.life = life  # type: ignore[assignment]
        life.begin(self, self.heartbeat)

    def _written(self, row: Row) -> None:
        if isinstance(row.event, DaemonStarted) and self.life is not None:
            self._began(self.life, row.event.at)
        if self.attend is not None:
            self.attend(row)

    # -- what the sources meet

    def transport(self) -> httpx2.AsyncBaseTransport:
        app = sentry_app(self, token=TOKEN, clock=Clock(self.wall, self.loop.time))
        return Ways(self, httpx2.ASGITransport(app=app))

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        how = self.failing_as.get(request.url.host, "well")
        await asyncio.sleep(0.02)
        if how == "refuses":
            raise httpx2.ConnectError("refused", request=request) from ConnectionRefusedError(111, "refused")
        if how == "hangs":
            await asyncio.sleep(60)
        return _ANSWERS.get(how, _ANSWERS["well"])()

    # -- people

    async def command(self, stream: str, command: object) -> object:
        """By the API, again and again while nobody answers."""
        path, given = _spoken(stream, command)
        for _ in range(10):
            if self.face is not None and self.up and self.life is not None and path:
                asked = self.life.spawn(self._post(path, given), "person")
                await asyncio.wait({asked})
                if not asked.cancelled() and asked.exception() is None:
                    return asked.result()
            await asyncio.sleep(15)
        return None

    async def _post(self, path: str, given: dict[str, Any]) -> int:
        assert self.face is not None
        answer = await self.face.post(path, json=given)
        return answer.status_code


_ANSWERS = {
    "well": lambda: httpx2.Response(200, json={"status": "up", "version": "2.41.0"}),
    "fails": lambda: httpx2.Response(
        503, json={"status": "down", "error": f"password={SECRET} \x1b[31m\u202e refused"}
    ),
    "says so": lambda: httpx2.Response(200, json={"status": "down", "checks": {"database": "down"}}),
    "login page": lambda: httpx2.Response(
        200, content=b"<!doctype html><form>Sign in</form>", headers={"content-type": "text/html"}
    ),
    "garbage": lambda: httpx2.Response(200, content=b"\x00\xff" * 2000),
    "401": lambda: httpx2.Response(401, json={"detail": "Invalid token"}),
    "429": lambda: httpx2.Response(429, headers={"retry-after": "30"}),
}
"""By what is wrong with the application."""

_VERBS = {
    ask.Acknowledge: "ack",
    ask.Take: "take",
    ask.Escalate: "escalate",
    ask.Resolve: "resolve",
    ask.MarkFalse: "false-alarm",
    ask.Note: "note",
    ask.Confirm: "confirm",
    ask.Dismiss: "not-p0",
    ask.Decide: "decide",
    ask.State: "state",
    ask.TickItem: "tick",
    ask.Update: "update",
    ask.Deploy: "deployed",
    ask.Release: "release",
    ask.JudgeAdvice: "judge-advice",
}


def _spoken(stream: str, command: Any) -> tuple[str, dict[str, Any]]:
    """The command as the API hears it; an empty path for what only the core knows."""
    verb = _VERBS.get(type(command))
    if verb is None:
        return "", {}
    kind, _, number = stream.partition("/")
    given = {"as": command.by}
    for name in ("text", "choice", "item", "version", "right"):
        if getattr(command, name, None):
            given[name] = getattr(command, name)
    given |= {fact.replace("-", "_"): value for fact, value in getattr(command, "facts", {}).items()}
    letters = "INC" if kind == "incident" else "SUS"
    return f"/api/v1/incidents/{letters}-{number}/{verb}", given


async def _breaks(stage: WholeStage, name: str) -> None:
    """One application's troubles."""
    chance = random.Random(f"breaks {stage.tape.seed} {name}")
    await asyncio.sleep(60 + 300 * chance.random())
    while not stage.calm:
        how = chance.choice(
            ("fails", "fails", "refuses", "refuses", "hangs", "says so", "login page", "garbage")
        )
        began = stage.now()
        stage.failing_as[f"{name}.example"] = how
        await asyncio.sleep(60 * chance.choice((2, 3, 4, 8)) * (0.8 + 0.4 * chance.random()))
        stage.failing_as.pop(f"{name}.example")
        stage.tape.faults.append(Fault("broken", began, stage.now(), f"{name} {how}"))
        await asyncio.sleep(60 * chance.choice((2, 4, 6)) * (0.5 + chance.random()))


async def _signs_in(stage: WholeStage) -> None:
    """Sign-in breaks with a release, and the next one mends it; meanwhile the Sentry itself fails."""
    chance = random.Random(f"shop {stage.tape.seed}")
    for number in range(1, 1000):
        await asyncio.sleep(60 * (10 + 30 * chance.random()))
        now = datetime.fromtimestamp(stage.wall(), T0.tzinfo)
        stage.shop = replace(stage.shop, rollouts=stage.shop.rollouts[-3:])
        stage.shop = stage.shop.deploy(f"2.42.{number}", now).break_sign_in(now)
        await asyncio.sleep(60 * chance.choice((3, 6)))
        stage.shop = replace(stage.shop.deploy(f"2.43.{number}", stage.now()), fault=None)
        if chance.random() < 0.4:
            stage.failing_as["sentry.example"] = chance.choice(("401", "429", "garbage", "refuses", "fails"))
            await asyncio.sleep(60 * chance.choice((1, 4)))
            stage.failing_as.pop("sentry.example")


def play_whole(seed: int, hours: float = 2) -> Tape:
    """Everything that happened around a whole daemon."""
    return played(_play(seed, hours))


async def _play(seed: int, hours: float) -> Tape:
    stage = WholeStage(seed)
    stage.tape.secrets = (SECRET, TOKEN, "\u202e", "\x1b")
    stage.attend = People(stage).read
    stage.start()
    for name in SYSTEMS:
        stage.go(_breaks(stage, name))
    stage.go(_signs_in(stage))
    Faults(stage).begin()
    await asyncio.sleep(hours * HOUR)
    stage.calm = True
    stage.pagers.doing.clear()
    stage.failing_as.clear()
    stage.keeping.full = False
    if stage.life is not None:
        stage.life.fuse = None
    await asyncio.sleep(CALM)
    await stage.end()
    return stage.tape

"""What the evidence tests need: an engine in virtual time with its inquiry, beside a simulated Sentry that can fail."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from rules.signal import HealthSignal, IssueSignal
from tests import virtual
from tests.sources.sentry.stage import SHOP, TOKEN
from tests.support import T0
from tests.theatre import CONFIG, Theatre
from watcher.demo.sentry import sentry_app
from watcher.demo.tracker import Commit, Deploy, Issue, Occurrence, Release, Session, State
from watcher.evidence.inquiry import Inquiry
from watcher.observation import Sweep
from watcher.supervision import supervised

SENTRY = """\
sentry:
  - name: shop
    url: "http://sentry.example"
    organization: acme
    token: "${EVIDENCE_TOKEN}"
    projects: [{id: 2, system: web}]
"""
HANGS = 0
"""As a status: no answer ever comes."""

SIGN_IN = """\
version: 1
category: authentication
rules:
  - id: authentication.sign-in
    trigger: users cannot sign in
    because: "sign-in fails"
    signal: issue
    when: {all: [{any_text: ['sign in failed']}]}
    certainty: definite
    examples:
      fires: [{title: sign in failed}]
      near_misses: [{title: newsletter failed, why: another matter}]
"""


def ago(**span: float) -> datetime:
    return T0 - timedelta(**span)


def met(
    users: range, since: datetime, until: datetime = T0, *, release: str | None = "shop@2.41.1", **more: Any
) -> tuple[Occurrence, ...]:
    """One event for each of these users, at even distances."""
    step = (until - since) / max(len(users), 1)
    return tuple(
        Occurrence(at=since + step * n, user=str(user), release=release, **more)
        for n, user in enumerate(users)
    )


def issue(key: str, *occurrences: Occurrence, **more: Any) -> Issue:
    plain = {
        "id": key,
        "project": SHOP,
        "title": f"sign in failed {key}",
        "short_id": f"SHOP-{key}",
        "error_type": "AuthError",
        "culprit": f"/api/auth/{key}",
        "occurrences": occurrences,
    }
    return Issue(**(plain | more))


def active(users: range, since: datetime, until: datetime = T0, **more: Any) -> tuple[Session, ...]:
    """One session for each of these users, at even distances."""
    step = (until - since) / max(len(users), 1)
    return tuple(Session(at=since + step * n, user=str(user), **more) for n, user in enumerate(users))


def requests(healthy: int, errored: int, at: datetime) -> tuple[Session, ...]:
    """What a server sends: sessions of nobody."""
    return (Session(at=at),) * healthy + (Session(at=at, status="errored"),) * errored


def release(
    version: str, deployed: datetime | None = None, *, commits: tuple[Commit, ...] = (), **more: Any
) -> Release:
    deploys = (Deploy(id=version, finished_at=deployed),) if deployed else ()
    created = deployed or more.pop("created")
    return Release(
        id=abs(hash(version)) % 10_000,
        version=f"shop@{version}",
        created_at=created,
        projects=(SHOP,),
        deploys=deploys,
        commits=commits,
        **more,
    )


def held(*issues: Issue, **more: Any) -> State:
    plain: dict[str, Any] = {"projects": (SHOP,), "environments": ("production", "staging"), "issues": issues}
    return State(**(plain | more))


class Server:
    """A simulated Sentry, and the ends of paths that answer otherwise: with a status, a body, or never."""

    def __init__(self, app: Starlette, fails: Mapping[str, Any] | None = None) -> None:
        self.app = app
        self.fails = dict(fails or {})
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(f"{scope['path']}?{scope['query_string'].decode()}")
        found = next((answer for end, answer in self.fails.items() if scope["path"].endswith(end)), None)
        if found == HANGS and isinstance(found, int):
            await asyncio.Event().wait()
        if found is None:
            await self.app(scope, receive, send)
        elif isinstance(found, Response):
            await found(scope, receive, send)
        elif isinstance(found, int):
            await JSONResponse({"detail": "no"}, status_code=found)(scope, receive, send)
        else:
            await JSONResponse(found)(scope, receive, send)

    def questions(self, end: str) -> list[str]:
        """What was asked of the paths with this end."""
        return [target for target in self.asked if target.partition("?")[0].endswith(end)]


class Enquired(Theatre):
    """The theatre with an inquiry that reaches one server."""

    def __init__(
        self,
        tracker: State,
        fails: Mapping[str, Any] | None = None,
        more: str = "",
        *,
        rules: str = SIGN_IN,
        text: str = CONFIG + SENTRY,
    ) -> None:
        os.environ["EVIDENCE_TOKEN"] = TOKEN
        super().__init__(text=text + more, rules=rules)
        self.server = Server(sentry_app(tracker, token=TOKEN, clock=self.world.clock), fails)
        reaching = dataclasses.replace(self.world, http=lambda: httpx2.ASGITransport(app=self.server))
        self.inquiry = Inquiry(
            reaching, self.engine.ask, lambda: self.governing.config, lambda: self.judge.told
        )
        self.engine.follow(self.inquiry.turned)

    async def start(self) -> Enquired:
        await super().start()
        for name, part in self.inquiry.parts.items():
            looping = supervised(name, part, self.world.clock, self.world.chance)
            self.tasks.append(asyncio.create_task(looping, name=name))
        return self

    async def fail(self, *keys: str, since: datetime = T0, release: str | None = "shop@2.41.1") -> None:
        """Sentry's word: these issues fail."""
        now = self.world.clock.now()
        signals = tuple(
            IssueSignal(
                source="sentry:shop",
                key=key,
                at=now,
                started_at=since,
                title=f"sign in failed {key}",
                system="web",
                environment="production",
                release=release,
            )
            for key in keys
        )
        await self.engine.submit(Sweep(source="sentry:shop", at=now, signals=signals))
        await self.pass_(seconds=2)

    async def hear(self, state: str, name: str = "api", **more: Any) -> None:
        """A health source's word, also to the inquiry, as the daemon does."""
        now = self.world.clock.now()
        signal = HealthSignal(
            source=f"health:{name}",
            key=name,
            at=now,
            started_at=None,
            state=state,
            reason="503",
            critical=True,
            system="api",
        )
        sweep = Sweep(source=f"health:{name}", at=now, signals=(dataclasses.replace(signal, **more),))
        self.inquiry.saw(sweep)
        await self.engine.submit(sweep)
        await self.pass_(seconds=1)

    def shares(self) -> dict[str, tuple[int | None, int | None]]:
        """What each way of counting said last."""
        return {m: (i.affected, i.active) for m, i in self.incident().known.impacts.items()}


def played(play: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run one scenario in virtual time."""
    virtual.run(play())


def opened(tracker: State, *keys: str, since: timedelta = timedelta(minutes=5), **more: Any) -> Enquired:
    """The stage, a few seconds after an incident was opened."""
    stages: list[Enquired] = []

    async def main() -> None:
        stage = await Enquired(tracker, **more).start()
        await stage.fail(*(keys or ("7",)), since=T0 - since)
        await stage.pass_(seconds=3)
        stages.append(stage)
        await stage.crash()

    played(main)
    return stages[0]

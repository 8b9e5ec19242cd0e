"""A shop whose sign-in breaks with a release: what runs, what fails, who uses it, and what its Sentry holds of that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from watcher.clock import Clock
from watcher.demo.tracker import Deploy, Issue, Occurrence, Project, Release, State

GOOD, BAD, NEXT = "2.41.0", "2.41.1", "2.41.2"
WEB = Project(id="2", slug="web", name="Web")
USERS = 60
EVERY = timedelta(seconds=4)
"""One failed sign-in after the other."""
REMEMBERED = timedelta(minutes=30)


@dataclass(slots=True)
class Broken:
    """Sign-in fails from..until (None: it still does) in this release."""

    release: str
    since: datetime
    until: datetime | None = None


@dataclass(slots=True)
class Town:
    """The story moves it; the applications show it. `used`: people are there, and their other errors show it."""

    clock: Clock
    rollouts: list[tuple[str, datetime]] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    used: bool = True
    names_version: bool = True  # whether the health answer does
    away: bool = False  # the Sentry is

    def __post_init__(self) -> None:
        self.rollouts = [(GOOD, self.clock.now() - timedelta(days=3))]

    @property
    def running(self) -> str:
        return self.rollouts[-1][0]

    @property
    def works(self) -> bool:
        return not any(b.until is None for b in self.broken)

    def deploys(self, version: str, *, works: bool = True) -> None:
        """A release goes out, and with it sign-in works or does not."""
        now = self.clock.now()
        self.rollouts.append((version, now))
        if works:
            self.mends()
        else:
            self.breaks()

    def breaks(self) -> None:
        """Sign-in fails in what runs now."""
        self.mends()
        self.broken.append(Broken(self.running, self.clock.now()))

    def mends(self) -> None:
        """It works again."""
        for one in self.broken:
            one.until = one.until or self.clock.now()

    # -- what its Sentry holds

    def at(self, now: datetime) -> State:
        failed = tuple(self._failed(now))
        return State(
            projects=(WEB,),
            releases=tuple(self._releases()),
            issues=(*([_sign_in(failed)] if failed else []), *([self._form(now)] if self.used else [])),
        )

    def _failed(self, now: datetime) -> Iterator[Occurrence]:
        for one in self.broken:
            at, number = max(one.since, now - REMEMBERED), 0
            while at < (one.until or now):
                yield Occurrence(at=at, user=f"{number % USERS + 1}", release=f"shop@{one.release}")
                at, number = at + EVERY, number + 1

    def _form(self, now: datetime) -> Issue:
        """A harmless error, once a minute, in whatever runs."""
        first = now - timedelta(minutes=20)
        times = [first + timedelta(minutes=n) for n in range(20)]
        rows = tuple(Occurrence(at=at, user="7", release=f"shop@{self._ran(at)}") for at in times)
        return Issue(
            id="102",
            project=WEB,
            title="ValueError: newsletter form: not an e-mail address",
            error_type="ValueError",
            value="newsletter form: not an e-mail address",
            culprit="POST /newsletter",
            level="warning",
            handled=True,
            occurrences=rows,
        )

    def _ran(self, at: datetime) -> str:
        return next(
            version
            for version, since in reversed(self.rollouts)
            if since <= at or since == self.rollouts[0][1]
        )

    def _releases(self) -> Iterator[Release]:
        for number, version in enumerate(dict.fromkeys(v for v, _ in self.rollouts), 901):
            times = [at for v, at in self.rollouts if v == version]
            deploys = tuple(Deploy(id=f"{number}{n}", finished_at=at) for n, at in enumerate(times))
            yield Release(
                id=number, version=f"shop@{version}", created_at=times[0], projects=(WEB,), deploys=deploys
            )


def _sign_in(failed: tuple[Occurrence, ...]) -> Issue:
    return Issue(
        id="101",
        project=WEB,
        title="CallbackRouteError: sign in failed: session could not be created",
        error_type="CallbackRouteError",
        value="sign in failed: session could not be created",
        culprit="POST /api/auth/login",
        occurrences=failed,
    )


def town_app(town: Town) -> Starlette:
    """/api/health, which knows nothing of sign-in, and the sign-in."""

    async def health(_: Request) -> Response:
        version = {"version": town.running} if town.names_version else {}
        return JSONResponse({"status": "ok", **version})

    async def sign_in(_: Request) -> Response:
        if not town.works:
            return JSONResponse({"error": "session could not be created"}, status_code=500)
        return JSONResponse({"user": "probe"})

    return Starlette(
        routes=[Route("/api/health", health), Route("/api/auth/login", sign_in, methods=["POST"])]
    )

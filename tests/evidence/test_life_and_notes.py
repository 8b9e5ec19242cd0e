"""What Sentry tells of a release in use, and what it is told of an incident."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from starlette.responses import JSONResponse, Response

from tests.evidence.stage import SENTRY, Enquired, held, issue, met, played
from tests.support import T0
from tests.theatre import CONFIG
from watcher.demo.tracker import Session
from watcher.evidence.noting import Noting
from watcher.incident import command as ask
from watcher.observation import Sweep

DEPLOY = timedelta(minutes=2)


async def deployed(stage: Enquired, version: str = "2.41.0") -> None:
    """It failed, something was deployed, and it is clean since."""
    await stage.fail("7")
    await stage.pass_(seconds=DEPLOY.total_seconds() - 2)
    await stage.engine.ask("incident/1", ask.Deploy(by="ann", version=version))
    for _ in range(16):
        await stage.engine.submit(Sweep(source="sentry:shop", at=stage.world.clock.now(), signals=()))
        await stage.pass_(seconds=30)


def test_an_event_of_the_release_after_the_deployment_is_a_sign_of_life() -> None:
    """Of any issue: what matters is that somebody uses it."""

    async def main() -> None:
        lives = met(range(3), T0 + DEPLOY, T0 + timedelta(minutes=9), release="shop@2.41.0")
        other = issue("9", *lives, title="newsletter failed")
        stage = await Enquired(held(issue("7"), other)).start()
        await deployed(stage)
        assert stage.events().count("LifeSeen") == 1
        assert stage.incident().status == "watching"
        await stage.crash()

    played(main)


def test_events_of_another_release_or_from_before_are_none() -> None:
    """It stays quiet, and says so."""

    async def main() -> None:
        before = met(range(3), T0 - timedelta(hours=1), T0, release="shop@2.41.0")
        other = met(range(3), T0 + DEPLOY, T0 + timedelta(minutes=9), release="shop@2.41.1")
        stage = await Enquired(held(issue("7"), issue("9", *before, *other, title="x"))).start()
        await deployed(stage)
        assert stage.events().count("LifeSeen") == 0
        assert stage.incident().status == "verifying"
        await stage.crash()

    played(main)


def test_sessions_count_in_hours_that_began_after_the_deployment_alone() -> None:
    """Release health counts whole hours: those of the hour of the deployment may be from before it."""

    async def main() -> None:
        early = tuple(Session(at=T0 - timedelta(minutes=n), release="shop@2.41.0") for n in range(1, 5))
        late = tuple(Session(at=T0 + timedelta(minutes=61 + n), release="shop@2.41.0") for n in range(3))
        stage = await Enquired(held(issue("7"), sessions=early + late)).start()
        await deployed(stage)
        assert stage.events().count("LifeSeen") == 0
        for _ in range(115):
            await stage.engine.submit(Sweep(source="sentry:shop", at=stage.world.clock.now(), signals=()))
            await stage.pass_(seconds=30)
        assert stage.events().count("LifeSeen") == 1
        await stage.crash()

    played(main)


class Noted(Enquired):
    """With notes switched on."""

    def __init__(self, answers: list[Response] | None = None, *, notes: bool = True) -> None:
        text = SENTRY.replace("    token:", f"    notes: {str(notes).lower()}\n    token:")
        super().__init__(held(issue("7")), text=CONFIG + text)
        self.answers = answers or []
        self.posted: list[tuple[str, bytes]] = []
        transport = self.inquiry._world
        self.noting = Noting(transport, self.engine.ask, lambda: self.governing.config)
        self.engine.follow(self.noting.turned)
        app = self.server.app

        async def taking(scope: Any, receive: Any, send: Any) -> None:
            if scope["method"] != "POST":
                await app(scope, receive, send)
                return
            body = (await receive())["body"]
            self.posted.append((scope["path"], body))
            answer = self.answers.pop(0) if self.answers else JSONResponse({"id": "1"}, 201)
            await answer(scope, receive, send)

        self.server.app = taking  # type: ignore[assignment]

    async def start(self) -> Noted:
        await super().start()
        self.tasks.append(asyncio.create_task(self.noting.run()))
        return self


async def resolved(stage: Noted) -> None:
    await stage.fail("7")
    for _ in range(11):
        await stage.engine.submit(Sweep(source="sentry:shop", at=stage.world.clock.now(), signals=()))
        await stage.pass_(seconds=30)
    await stage.pass_(minutes=15)


def test_what_became_of_it_is_noted_once_at_the_issue() -> None:
    """In our own words, with the way to the incident; then the bug report counts as updated."""

    async def main() -> None:
        stage = await Noted().start()
        await resolved(stage)
        ((path, body),) = stage.posted
        assert path == "/api/0/organizations/acme/issues/7/notes/"
        assert b"INC-1 (P0, authentication): over without a deployment" in body
        assert b"https://watcher.shop.example/incidents/INC-1" in body
        assert stage.incident().response.ticked["bug-report"].by == "the watcher"
        await stage.crash()

    played(main)


def test_a_note_that_stands_already_is_success() -> None:
    """Sentry refuses the same words twice within an hour."""

    async def main() -> None:
        again = JSONResponse({"detail": "You have already posted that comment."}, 400)
        stage = await Noted([again]).start()
        await resolved(stage)
        assert len(stage.posted) == 1
        assert "bug-report" in stage.incident().response.ticked
        await stage.crash()

    played(main)


def test_glitchtip_calls_it_a_comment() -> None:
    """It refuses the first address, and takes it at its own."""

    async def main() -> None:
        stage = await Noted([JSONResponse({"detail": "CSRF"}, 403)]).start()
        await resolved(stage)
        assert [path for path, _ in stage.posted][-1] == "/api/0/issues/7/comments/"
        assert "bug-report" in stage.incident().response.ticked
        await stage.crash()

    played(main)


def test_a_server_that_fails_is_asked_a_few_times_and_left_to_people() -> None:
    """The item stays open on the checklist."""

    async def main() -> None:
        stage = await Noted([JSONResponse({"detail": "down"}, 502) for _ in range(50)]).start()
        await resolved(stage)
        assert len(stage.posted) == 5
        assert "bug-report" not in stage.incident().response.ticked
        await stage.crash()

    played(main)


def test_without_being_asked_to_nothing_is_written() -> None:
    """The token may only read."""

    async def main() -> None:
        stage = await Noted(notes=False).start()
        await resolved(stage)
        assert stage.posted == []
        assert stage.noting._tries == {}  # nor does it wake up for it again and again
        await stage.crash()

    played(main)

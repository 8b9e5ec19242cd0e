"""Live pages: who listens hears of a change soon, is bounded in number and time, and holds nothing up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from tests.serve.front import TOKENS, Front, played
from watcher.incident import command as ask
from watcher.incident.surroundings import DaemonStopped
from watcher.serve.web.live import LASTS, LISTENERS_MAX, Live


class Ear:
    """One listener's stream, read in the background."""

    def __init__(self, live: Live, stream: str | None) -> None:
        self.heard: list[str] = []
        answer: Any = live._answer(stream, "GET")
        self.status = answer.status_code
        pieces: AsyncIterator[str] | None = getattr(answer, "body_iterator", None)
        self.task = asyncio.ensure_future(self._listen(pieces)) if pieces is not None else None

    async def _listen(self, pieces: AsyncIterator[str]) -> None:
        async for piece in pieces:
            self.heard.append(piece.strip())

    @property
    def ended(self) -> bool:
        return self.task is not None and self.task.done()

    @property
    def data(self) -> list[str]:
        return [x for x in self.heard if x.startswith("data:")]


def listening(scene: Callable[[Front, Live], Awaitable[Any]]) -> None:
    async def main(stage: Front) -> None:
        live = Live(stage.desk)
        stage.engine.follow(live.turned)
        await scene(stage, live)

    played(main, tokens=TOKENS)


def test_a_listener_hears_the_version_at_once_and_at_each_change() -> None:
    """What happens within a moment is one message; what happens elsewhere is none."""

    async def scene(stage: Front, live: Live) -> None:
        ear = Ear(live, "incident/1")
        await stage.pass_(seconds=1)
        version = stage.incident().version
        assert ear.data == [f"data: {version}"]
        for by in ("ann", "bob"):
            await stage.engine.ask("incident/1", ask.Note(by=by, text="looking"))
        await stage.pass_(seconds=1)
        assert ear.data[-1] == f"data: {stage.incident().version}"
        assert len(ear.data) in (2, 3)
        heard = len(ear.data)
        elsewhere = ask.Declare(by="cara", category="security", text="a page shows another customer's name")
        assert (await stage.engine.hear(elsewhere)).id == "INC-2"
        await stage.pass_(seconds=5)
        assert len(ear.data) == heard
        assert ear.task is not None
        ear.task.cancel()

    listening(scene)


def test_the_overview_hears_of_every_incident() -> None:
    """Its number grows with each turn that it shows."""

    async def scene(stage: Front, live: Live) -> None:
        ear = Ear(live, None)
        await stage.pass_(seconds=1)
        before = live.version(None)
        await stage.engine.ask("incident/1", ask.Note(by="ann", text="looking"))
        await stage.pass_(seconds=1)
        assert live.version(None) > before
        assert ear.data[-1] == f"data: {live.version(None)}"
        assert ear.task is not None
        ear.task.cancel()

    listening(scene)


def test_a_stream_ends_by_itself_and_is_forgotten() -> None:
    """Before a connection's life does; silence is broken now and then, so that a proxy keeps it."""

    async def scene(stage: Front, live: Live) -> None:
        ear = Ear(live, "incident/1")
        await stage.pass_(seconds=LASTS.total_seconds() + 1)
        assert (ear.ended, live.listening) == (True, 0)
        assert ": here" in ear.heard

    listening(scene)


def test_when_the_daemon_stops_every_stream_ends_at_once() -> None:
    """A stop waits for nobody who only listens, and nobody new is taken in."""

    async def scene(stage: Front, live: Live) -> None:
        ears = [Ear(live, "incident/1"), Ear(live, None)]
        await stage.pass_(seconds=1)
        await stage.engine.ask("daemon", DaemonStopped(at=stage.world.clock.now(), because="told to stop"))
        await stage.pass_(seconds=1)
        assert all(ear.ended for ear in ears)
        assert Ear(live, None).status == 204

    listening(scene)


def test_listeners_are_bounded_in_number() -> None:
    """One more is answered 204: the browser asks no more, and looks by itself."""

    async def scene(stage: Front, live: Live) -> None:
        ears = [Ear(live, "incident/1") for _ in range(LISTENERS_MAX)]
        await stage.pass_(milliseconds=10)
        assert {ear.status for ear in ears} == {200}
        assert Ear(live, "incident/1").status == 204
        for ear in ears:
            assert ear.task is not None
            ear.task.cancel()
        await stage.pass_(milliseconds=10)
        late = Ear(live, "incident/1")
        assert late.status == 200
        assert late.task is not None
        late.task.cancel()
        await stage.pass_(milliseconds=10)

    listening(scene)


def test_asking_for_the_headers_alone_takes_no_place() -> None:
    """HEAD is answered at once, and nobody listens."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            web.headers["authorization"] = f"Bearer {TOKENS['cli']}"
            assert (await web.head("/incidents/INC-1/events")).status_code == 204
            assert (await web.head("/events")).status_code == 204

    played(scene, tokens=TOKENS)


def test_listening_needs_the_same_sign_in_as_the_page() -> None:
    """Not even that something happens is told to strangers."""

    async def scene(stage: Front) -> None:
        async with stage.web("203.0.113.9") as web:
            assert (await web.get("/incidents/INC-1/events")).status_code == 401
            assert (await web.get("/events")).status_code == 401

    played(scene, tokens=TOKENS)

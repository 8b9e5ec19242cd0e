"""Sight: is it the service that does not answer, or our own network? And does anything still see?

No I/O: it reads the states of a turn and adds to the turn.
1. A failure that our own network could cause counts only where a reference was reached since it began; so does an
   answer that does not speak of health, for the network that we are in may demand a sign-in.
2. Where the reference fails as well, the source is blind, and nobody climbs a ladder for what we cannot know.
3. A row of failures that began while we were away counts once it has gone on for a while after we are back.
4. Where every source of an environment is blind, that is a fact of its own, and it wakes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from rules.signal import HealthSignal
from watcher.config import Config
from watcher.incident import darkness, vigil
from watcher.incident.blindness import BROKER, CALENDAR, NETWORK, REPLIES
from watcher.incident.command import LoseWatch, RegainWatch, Unsee
from watcher.incident.machines import name_of
from watcher.observation import Blind, Reference, Sweep
from watcher.opening import Governing, Opening, live
from watcher.turn import Turn

GRACE = timedelta(seconds=5)
"""After our network is back the next good answer needs a moment to come."""
UNKNOWN_GRACE = timedelta(minutes=3)
"""Answers that do not speak of health count once they have gone on for so long while a reference answers."""
AWAY = "our own network is away"
STALE = timedelta(seconds=30)
"""A reference that has not been tried for so long says nothing: better a false page than none."""


class Sight:
    """Holds what the references said, and the looks that wait for them."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._last: Reference | None = None
        self._reached_since: datetime | None = None
        self._settled: Governing | None = None
        self._held: dict[str, tuple[Sweep, datetime]] = {}  # with the moment since when it is held

    @property
    def _config(self) -> Config:
        return self._opening.governing.config

    @property
    def offline(self) -> bool:
        return self._last is not None and not self._last.reached

    def gate(self, item: Sweep, now: datetime) -> Sweep | Blind | None:
        """The look as it is to be judged; None while it waits for a reference."""
        doubtful = next((s for s in item.signals if _doubtful(s)), None)
        if doubtful is None or not self._config.blind.reference:
            self._held.pop(item.source, None)
            return item
        began, held_since = doubtful.started_at or item.at, self._held.get(item.source, (item, now))[1]
        if self._waits(began, now) and now - held_since < STALE:
            self._held[item.source] = (item, held_since)
            return None
        self._held.pop(item.source, None)
        return (
            Blind(source=item.source, at=item.at, reason="offline", detail=AWAY)
            if self._ours(began, item, self._grace(doubtful))
            else item
        )

    def _grace(self, signal: HealthSignal) -> timedelta:
        """What was under way when our network came back may still fail for it: as late as the endpoint's timeout."""
        if signal.state == "unknown":
            return UNKNOWN_GRACE
        endpoints = (e for e in self._config.health.filled if f"health:{e.name}" == signal.source)
        return GRACE + next((e.timeout for e in endpoints), timedelta(0))

    def _waits(self, began: datetime, now: datetime) -> bool:
        """No reference has been tried since the failure began, or none for too long."""
        last = self._last
        return last is None or now - last.at > STALE or (last.reached and last.at < began)

    def _ours(self, began: datetime, item: Sweep, grace: timedelta) -> bool:
        """Our own network is away, or was when the failure began and has only just come back."""
        since = self._reached_since
        if self._last is None or item.at - self._last.at > STALE:
            return False
        return since is None or (began < since and item.at < since + grace)

    def refer(self, turn: Turn, item: Reference, streams: Mapping[str, Any]) -> list[Sweep]:
        """What a reference said; answers the looks that waited for it."""
        was, before, self._last = self.offline, self._last, item
        if not item.reached:
            self._reached_since = None
        elif self._reached_since is None:
            self._reached_since = item.at
        if before is None or was != self.offline:  # the first: what the life before us recorded may be over
            since = before.at if before else item.at  # when our network was last known to be there
            watch = LoseWatch(because="offline", since=since) if self.offline else RegainWatch()
            for stream, _ in live(turn, streams, "incident"):
                turn.decide(stream, watch)
        self.see(turn, item.source) if item.reached else self.go_blind(turn, self._away(item))
        waiting = [sweep for sweep, _ in self._held.values()]
        self._held.clear()
        return waiting

    def _away(self, item: Reference) -> Blind:
        return Blind(source=item.source, at=item.at, reason="offline", detail="no reference address answers")

    def go_blind(self, turn: Turn, item: Blind) -> None:
        blind = self._config.blind
        command = vigil.GoBlind(
            reason=item.reason,
            detail=item.detail,
            service=self._config.service.name,
            tell_after=blind.tell_after,
        )
        turn.decide(f"source/{item.source}", command)
        self._look_around(turn)

    def see(self, turn: Turn, source: str) -> None:
        if turn.decide(f"source/{source}", vigil.See()):
            self._look_around(turn)

    def settle(self, turn: Turn, streams: Mapping[str, Any]) -> None:
        """After a start or a reload: what is not watched any more wakes nobody, and is not seen clean."""
        if self._settled is self._opening.governing:
            return
        self._settled, eyes = self._opening.governing, _eyes(self._config)
        names = {NETWORK, *beside(self._config), *(eye for found in eyes.values() for eye in found)}
        for stream, _ in live(turn, streams, "eyes"):
            if name_of(stream) not in eyes:
                turn.decide(stream, darkness.RegainSight())
        for stream, _ in live(turn, streams, "source"):
            if name_of(stream) not in names:
                turn.decide(stream, vigil.See())
        for stream, incident in live(turn, streams, "incident"):
            for source in {w.sign.source for w in incident.watched.values()} - names:
                turn.decide(stream, Unsee(source=source, since=turn.now, blind=True))

    def _look_around(self, turn: Turn) -> None:
        """Does anything see each environment?"""
        for environment, eyes in _eyes(self._config).items():
            blind = all(turn.state(f"source/{eye}").blind_since is not None for eye in eyes)
            lose = darkness.LoseSight(service=self._config.service.name, after=self._config.blind.after)
            turn.decide(f"eyes/{environment}", lose if blind else darkness.RegainSight())


def beside(config: Config) -> tuple[str, ...]:
    """What is read through beside the eyes: who is on call, and what people say by message."""
    given = {CALENDAR: config.on_call.ical, BROKER: config.mqtt, REPLIES: config.reply}
    return tuple(name for name, settings in given.items() if settings is not None)


def _doubtful(signal: object) -> TypeGuard[HealthSignal]:
    return isinstance(signal, HealthSignal) and (signal.on_the_way or signal.state == "unknown")


def _eyes(config: Config) -> dict[str, list[str]]:
    """The sources that watch each environment; a Sentry watches all of them."""
    sentries = [f"sentry:{s.name}" for s in config.sentry]
    eyes: dict[str, list[str]] = {"production": list(sentries)} if sentries else {}
    for endpoint in config.health.endpoints:
        environment = endpoint.environment or "production"
        eyes.setdefault(environment, list(sentries)).append(f"health:{endpoint.name}")
    return eyes

"""The watch that was lost: since when nobody watched, and whether anybody does again. Part of an incident's state. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from watcher.incident.event import WatchLost


@dataclass(frozen=True, slots=True)
class Lost:
    """The watch was lost then; `regained_at` is None while our own network is still away.

    `back_at`: since then we ourselves are here again, and our network is not.
    """

    at: datetime
    regained_at: datetime | None
    back_at: datetime | None = None


def lose(former: Lost | None, event: WatchLost) -> Lost:
    """Our own network that is away still holds when we ourselves come back."""
    if event.because == "down" and former is not None and former.regained_at is None:
        return replace(former, back_at=event.at)
    return Lost(event.at, event.at if event.because == "down" else None)


def regain(former: Lost | None, at: datetime) -> Lost:
    """Our network is back; the next look tells."""
    return Lost(former.at if former else at, at)


def seen(former: Lost | None) -> Lost | None:
    """A look that tells ends the doubt, but for while our own network is away."""
    return former if former is not None and former.regained_at is None else None

"""The signals of an incident: which fail, and how long which has been seen clean. Part of its state. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from watcher.incident.event import SignalsUnseen
from watcher.incident.record import Sign

Signals = Mapping[str, "Watched"]
"""By ref."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One signal of the incident. Clean time counts only while it is seen."""

    sign: Sign
    clean_from: datetime | None = None  # seen clean since then, without a gap
    clean_for: timedelta = timedelta(0)  # seen clean before the last gap
    unseen_from: datetime | None = None  # since then its source cannot see; nothing was seen of it

    @property
    def unseen(self) -> bool:
        """Whether it may fail or not: nobody looks."""
        return self.unseen_from is not None

    @property
    def clean(self) -> bool:
        return self.clean_from is not None or self.clean_for > timedelta(0)

    def clean_time(self, now: datetime) -> timedelta:
        """How long it has been seen clean."""
        return self.clean_for + (now - self.clean_from if self.clean_from else timedelta(0))


def by_word(sign: Sign) -> bool:
    """A person's words: nothing can look whether they still hold."""
    return sign.source.startswith("report:")


def joined(signals: Signals, signs: Iterable[Sign]) -> dict[str, Watched]:
    return {**signals, **{s.ref: Watched(sign=s) for s in signs}}


def cleared(signals: Signals, refs: Iterable[str], at: datetime) -> dict[str, Watched]:
    known = (ref for ref in refs if ref in signals)
    return {
        **signals,
        **{
            ref: replace(signals[ref], clean_from=signals[ref].clean_from or at, unseen_from=None)
            for ref in known
        },
    }


def unseen(signals: Signals, event: SignalsUnseen) -> dict[str, Watched]:
    """What was clean stops counting; what failed may fail or not."""
    lost = {
        ref: replace(w, clean_for=_kept(w, event), clean_from=None, unseen_from=_lost_at(w, event))
        for ref, w in signals.items()
        if ref in event.refs
    }
    return {**signals, **lost}


def _lost_at(watched: Watched, event: SignalsUnseen) -> datetime | None:
    """A bad answer is one: it was seen."""
    return watched.unseen_from if event.broken else watched.unseen_from or event.since


def _kept(watched: Watched, event: SignalsUnseen) -> timedelta:
    """The clean time that goes on counting when it is seen again."""
    if event.broken:
        return timedelta(0)
    return watched.clean_time(max(event.since, watched.clean_from or event.since))


def anew(signals: Signals, at: datetime) -> dict[str, Watched]:
    """Clean time begins there: what was clean before says nothing of what was deployed."""
    return {
        ref: replace(w, clean_for=timedelta(0), clean_from=max(w.clean_from, at) if w.clean_from else None)
        for ref, w in signals.items()
    }

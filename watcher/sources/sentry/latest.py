"""An issue's latest event: its tags, release and environment, which no list shows. Fetched sparingly, remembered a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from watcher.sources.sentry.row import PLACE_MAX, TEXT_MAX, WORD_MAX, mapping
from watcher.sources.sentry.text import safe, word

FETCHES_MAX = 20
"""Events fetched in one poll: ten seconds of a slow server, two requests at a time."""
REMEMBERED_MAX = 1000
"""Events remembered, about 2 kB each."""
TAGS_MAX, TAG_MAX = 50, 200
"""Tags of an event, characters of a tag."""
GROWTH = 2
"""A count that doubled is worth another look: the release or the place may have changed."""
AGAIN_AFTER = timedelta(minutes=1)
STALE_AFTER = timedelta(minutes=10)
"""An issue that goes on is looked at again anyway: it may go on in a new release."""

PERSONAL = ("user", "ip", "geo")
"""Tags that say who was hit; no rule needs a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """What the latest event said; empty or None where it did not."""

    tags: Mapping[str, str]
    release: str | None
    environment: str | None
    error_type: str
    value: str
    message: str
    culprit: str
    url: str
    logger: str
    handled: bool | None


def read_latest(raw: Any) -> Latest | None:
    """Read an event as both dialects answer it; None where it is no object."""
    if not isinstance(raw, dict):
        return None
    tags = _tags(raw.get("tags"))
    exception, request, message = (
        _entry(raw.get("entries"), kind) for kind in ("exception", "request", "message")
    )
    thrown = _last_of(exception.get("values"))
    metadata = mapping(raw.get("metadata"))
    release = word(mapping(raw.get("release")).get("version"), TAG_MAX) or tags.get("release")
    return Latest(
        tags={name: value for name, value in tags.items() if name.partition(".")[0] not in PERSONAL},
        release=release or None,
        environment=tags.get("environment") or None,
        error_type=safe(thrown.get("type") or metadata.get("type"), PLACE_MAX),
        value=safe(thrown.get("value") or metadata.get("value"), TEXT_MAX),
        message=safe(raw.get("message") or message.get("formatted") or message.get("message"), TEXT_MAX),
        culprit=safe(raw.get("culprit"), PLACE_MAX),
        url=_place(tags.get("url") or request.get("url")),
        logger=tags.get("logger", ""),
        handled=_handled(tags.get("handled"), mapping(thrown.get("mechanism")).get("handled")),
    )


def _tags(raw: Any) -> dict[str, str]:
    """Tags are objects of a key and a value; webhooks and old servers write pairs."""
    found: dict[str, str] = {}
    for row in raw[:TAGS_MAX] if isinstance(raw, list) else ():
        pair = (row.get("key"), row.get("value")) if isinstance(row, dict) else row
        match pair:
            case [str(name), value]:
                found[word(name, WORD_MAX)] = word(value, TAG_MAX)
    return found


def _entry(entries: Any, kind: str) -> dict[str, Any]:
    rows = entries if isinstance(entries, list) else []
    return next(
        (mapping(row.get("data")) for row in rows if isinstance(row, dict) and row.get("type") == kind), {}
    )


def _last_of(values: Any) -> dict[str, Any]:
    """The outermost of chained exceptions comes last."""
    return mapping(values[-1]) if isinstance(values, list) and values else {}


def _place(url: Any) -> str:
    """An address without its query: that is where tokens and names are."""
    return safe(url.partition("?")[0].partition("#")[0], PLACE_MAX) if isinstance(url, str) else ""


def _handled(tag: str | None, mechanism: Any) -> bool | None:
    if tag in ("yes", "no"):
        return tag == "yes"
    return mechanism if isinstance(mechanism, bool) else None


@dataclass(frozen=True, slots=True)
class Kept:
    latest: Latest | None
    events: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An issue that may deserve a fetch, with its count in the longest window."""

    key: str
    level: str
    events: int


class Shelf:
    """The latest events that we know, the ones used longest ago forgotten first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def of(self, key: str) -> Latest | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        self._kept.move_to_end(key)
        return kept.latest

    def keep(self, key: str, latest: Latest | None, events: int, now: datetime) -> None:
        """Keep what was fetched. A failed fetch counts as one, and leaves what was known."""
        former = self._kept.get(key)
        self._kept[key] = Kept(latest or (former.latest if former else None), events, now)
        self._kept.move_to_end(key)
        while len(self._kept) > REMEMBERED_MAX:
            self._kept.popitem(last=False)

    def due(self, candidates: Iterable[Candidate], now: datetime) -> list[Candidate]:
        """The ones worth a request now: new first, the gravest and largest first among them."""
        wanted = [row for row in candidates if self._due(row, now)]
        wanted.sort(key=lambda row: (row.key in self._kept, row.level not in ("fatal", "error"), -row.events))
        return wanted[:FETCHES_MAX]

    def _due(self, row: Candidate, now: datetime) -> bool:
        kept = self._kept.get(row.key)
        if kept is None:
            return True
        age = now - kept.at
        grown = row.events >= GROWTH * max(kept.events, 1)
        return age >= STALE_AFTER or (age >= AGAIN_AFTER and (grown or kept.latest is None))

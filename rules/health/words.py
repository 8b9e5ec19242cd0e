"""The words in which services speak of their health, and what they mean.

Words are compared whole: `upstream_down` is not `up`, `unhealthy` is not `healthy`, and "not ok" is not "ok".
"""

from __future__ import annotations

import re

from rules.signal import HealthState

TEXT_MAX = 400
"""So much of a text is looked at; a verdict stands at its beginning."""

_UP = (
    "ok okay up healthy alive live ready pass passed passing green good fine normal running operational online "
    "available imok serving connected working active success successful succeeded pong true yes enabled reachable "
    "ok200 200ok nominal"
)
_DEGRADED = (
    "degraded degraded performance warn warning yellow slow lagging lag partial partially delayed impaired stale "
    "limited throttled recovering unstable backlog minor amber orange flapping overloaded"
)
_DOWN = (
    "down unhealthy fail failed failing failure error errors critical crit fatal red dead offline unavailable "
    "disconnected unreachable refused broken stopped crashed outage emergency lost timeout exception sick "
    "inactive"
)
_UNKNOWN = "unknown pending undefined undetermined starting initializing initialising"

_BAD_PHRASES = (
    r"out of service|not serving|timed out|out of memory|no connection|cannot|could not|can't|unable to"
    r"|e(?:conn(?:refused|reset|aborted)|timedout|hostunreach|notfound|pipe|ai again)"
)
_GOOD_ALL = "|".join(_UP.split())

TABLE: dict[str, HealthState] = {
    **dict.fromkeys(_UP.split(), "up"),
    **dict.fromkeys(_DEGRADED.split(), "degraded"),
    **dict.fromkeys(_DOWN.split(), "down"),
    **dict.fromkeys(_UNKNOWN.split(), "unknown"),
    "outofservice": "down",
    "notserving": "down",
    "notok": "down",
    "notready": "down",
    "nothealthy": "down",
    "false": "down",
    "no": "down",
    "majoroutage": "down",
    "partialoutage": "degraded",
    "degradedperformance": "degraded",
    "undermaintenance": "down",
    "maintenance": "down",
    **dict.fromkeys(("draining", "drained", "drain", "shuttingdown", "terminating", "lameduck"), "down"),
}

_LEAVING = frozenset(("draining", "drained", "drain", "shuttingdown", "terminating", "lameduck"))
"""Words by which a service says of itself that it takes no more work: it was told to."""

_HARMLESS = re.compile(
    r"\b(?:no|0|zero|without|any) (?:errors?|failures?|failed|warnings?|outages?|exceptions?|issues?)\b"
)
_BAD = re.compile(
    rf"\b(?:{'|'.join(_DOWN.split())}|{_BAD_PHRASES}|not (?:{_GOOD_ALL}|responding|reachable|connected))\b"
)
_HALF = re.compile(rf"\b(?:{'|'.join(dict.fromkeys(_DEGRADED.split()))})\b")
_GOOD = re.compile(rf"(?:{_GOOD_ALL}|all systems (?:go|operational|normal)|all (?:checks|good)|status ok)\b")
_IS_GOOD = re.compile(
    rf"\b(?:is|are|am|i'm) (?:{_GOOD_ALL})\b|\b(?:checks?|probes?|tests?) (?:has |have |all )?(?:passed|succeeded|ok)\b"
)
_OPEN = re.compile(rf"(?:{'|'.join(_UNKNOWN.split())})\b")
_MAINTENANCE = re.compile(
    r"\b(?:maintenance|wartung\w*|mantenimiento|manutenzione|manuten\u00e7\u00e3o|onderhoud|konserwacj\w*)\b"
)
_ANNOUNCED = re.compile(
    r"\b(?:scheduled|planned|under|be back|back (?:at|in|by|soon|shortly|online)|until|geplant\w*|bis|planifi\w*"
    r"|pr\u00e9vue|programad\w*|previst\w*|programmat\w*|gepland\w*|jusqu\w*|hasta|fino|tot|planowan\w*)\b"
)
_GAPS = re.compile(r"[\s_\-/]+")


def verdict(text: str) -> HealthState | None:
    """What a text says of health; None where it says nothing of it.

    A good word at its beginning with a bad one further on is degraded: "OK (2 failed)".
    """
    if (known := exact(text)) is not None:
        return known
    said = plain(text)
    words = _HARMLESS.sub("", said)
    good = words != said or _GOOD.match(words) is not None or _IS_GOOD.search(words) is not None
    if _BAD.search(words):
        return "degraded" if good else "down"
    if _HALF.search(words):
        return "degraded"
    if good:
        return "up"
    return "unknown" if _OPEN.match(words) else None


def exact(text: str) -> HealthState | None:
    """What a text says that is one word of health and nothing more."""
    return TABLE.get(plain(text).strip(" .!:").replace(" ", ""))


def begins_with_verdict(text: str) -> bool:
    """Whether the very first word is one of health."""
    first = plain(text)[:40].split(" ", 1)[0].strip(".,;:!()")
    return first in TABLE


def announces(text: str, *, retry_after: bool = False) -> bool:
    """Whether it speaks of maintenance that was planned, not of a failure that merely needs some."""
    words = plain(text)
    return _MAINTENANCE.search(words) is not None and (retry_after or _ANNOUNCED.search(words) is not None)


def leaving(text: str) -> bool:
    """Whether it says, and nothing more, that the service is on its way out.

    Only the whole text counts: "the database system is shutting down" announces nothing.
    """
    return plain(text).strip(" .!:").replace(" ", "") in _LEAVING


def bag(text: str) -> frozenset[str]:
    """The words of a list that is written as a sentence."""
    return frozenset(text.split())


def plain(text: str) -> str:
    """Small letters, single spaces, bounded; underscores and hyphens part words as spaces do."""
    return _GAPS.sub(" ", text[:TEXT_MAX]).strip().casefold()

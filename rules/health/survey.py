"""A document of names and values, searched for what it says of health: headline, parts, version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rules.health import words
from rules.health.parts import Part, merged, names_component, names_role, words_of, worst
from rules.health.reading import NAME_MAX, line
from rules.health.words import bag
from rules.signal import HealthState

DEPTH_MAX = 12
"""Composites are nested two or three deep; what goes deeper is no health answer."""

VALUES_MAX = 5000
"""So many values of one level are looked at: hundreds of shards have a few each."""

_STATUS_KEYS = bag(
    "status state health healthstatus overall overallstatus teststatus servingstatus outcome verdict result"
)
_BOOLEAN_KEYS = bag(
    "ok healthy ishealthy alive isalive ready isready up isup connected isconnected available reachable success working "
    "operational"
)
_BAD_FLAGS: Mapping[str, HealthState] = {
    **dict.fromkeys(("sealed", "down", "isdown", "failed", "failing", "unhealthy", "broken", "dead"), "down"),
    "degraded": "degraded",
}
"""Keys whose yes is the bad word."""

_NAME_KEYS = (
    "name",
    "checkid",
    "id",
    "component",
    "componentname",
    "service",
    "key",
    "label",
    "description",
    "title",
)
_CONTAINERS = bag(
    "components checks services entries dependencies deps results checkresults systems subsystems indicators probes "
    "healthchecks resources modules nodes instances members regions zones shards hosts servers targets backends "
    "upstreams clusters pods workers brokers parts apps applications units providers "
    "integrations functions gateways partners thirdparties externals"
)
"""What stands directly in these is a component, whatever its name."""

_WRAPPERS = bag("data result response payload health status body report details info error errors")
"""What stands in these is looked at as if it stood outside."""

_ASIDE = bag(
    "features featureflags flags config configuration settings links meta metadata git build env request limits"
)
"""What stands in these is no state of health: a feature that is switched off is not down."""

_NO_COMPONENT = bag("level log logging last previous mode policy severity threshold since type kind")
"""Words in a key whose value may be a word of health without being a verdict: `log_level: error`."""
_VERSION_KEYS = ("version", "release", "releaseid", "appversion", "build", "gitsha", "commit", "revision")
_FAILED_KEYS = bag(
    "failed failing failures unhealthy down broken failedchecks failedcomponents failedservices"
)
"""A list of plain words under these is a list of names, each perhaps with a reason behind a colon."""
_WANTED_KEYS = ("expected", "desired", "wanted")
_THERE_KEYS = ("running", "ready", "alive", "healthy", "up")
"""What is counted of the living: fewer than wanted is bad, where less latency than expected is good."""
_PROSE = bag(
    "message msg description summary output note notes reason error errors detail text title name label hint exception "
    "stack trace environment env host hostname region mode node notificationmessage shortsummary code statuscode type errno"
)
"""Values in which people write sentences: a bad word there is no verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a document says; `headline` is its own verdict on the whole."""

    headline: HealthState | None
    parts: tuple[Part, ...]
    version: str | None = None
    announced: bool = False
    taken_at: int | None = None  # when the checks were made, where the document says so; seconds since 1970


def survey(document: Any) -> Survey:
    """Search a parsed document. Its depth, and the breadth of each level, are bounded."""
    named = document if isinstance(document, Mapping) else {}
    return Survey(
        headline=headline(named),
        parts=merged(_inside(document, "", 0) if isinstance(document, list) else _parts(named, "", 0)),
        version=_version(named),
        announced=any(_announced(str(value)) for value in _said(named)),
    )


def _announced(status: str) -> bool:
    return words.leaving(status) or "maintenance" in words.plain(status)


def headline(named: Mapping[str, Any], depth: int = 0) -> HealthState | None:
    """A mapping's own verdict: its status words, else those of what it wraps, else its booleans.

    `success` beside `data` says only that the request was handled.
    """
    own = worst(state for value in _said(named) if (state := _state(value)) is not None)
    if own is not None:
        return _worse_flag(named, own)
    for key, value in _items(named):
        wrapped = isinstance(value, Mapping) and _key(key) in _WRAPPERS and depth < DEPTH_MAX
        if wrapped and (inner := headline(value, depth + 1)) is not None:
            return inner
    return worst(_flags(named)) or _by_the_way(named)


def _by_the_way(named: Mapping[str, Any]) -> HealthState | None:
    """Without any status: a message of a single word, an error in words, or at least an uptime."""
    keyed = {_key(key): value for key, value in _items(named)}
    for key in ("error", "errors"):
        if isinstance(keyed.get(key), str) and words.verdict(keyed[key]) == "down":
            return "down"
    for key in ("message", "msg"):
        if isinstance(keyed.get(key), str) and (state := words.exact(keyed[key])) is not None:
            return state
    return _short(keyed) or ("up" if "uptime" in keyed else None)


def _short(keyed: Mapping[str, Any]) -> HealthState | None:
    """Fewer run than are expected: `{"expected": 8, "running": 3}`."""
    wanted = next((keyed[key] for key in _WANTED_KEYS if _is_count(keyed.get(key))), None)
    there = next((keyed[key] for key in _THERE_KEYS if _is_count(keyed.get(key))), None)
    if wanted is None or there is None or there >= wanted:
        return None
    return "degraded" if there else "down"


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _worse_flag(named: Mapping[str, Any], own: HealthState) -> HealthState:
    """A good word beside `healthy: false` is not good; a good flag beside a bad word changes nothing."""
    return worst((own, *_flags(named))) or own


def _flags(named: Mapping[str, Any]) -> Iterator[HealthState]:
    for key, value in _items(named):
        if _key(key) in _BOOLEAN_KEYS and (state := _state(value)) is not None:
            yield state
        elif isinstance(value, bool) and (bad := _BAD_FLAGS.get(_key(key))) is not None:
            yield bad if value else "up"


def _said(named: Mapping[str, Any]) -> list[str | int]:
    """The values of the status keys."""
    return [
        value for key, value in _items(named) if _key(key) in _STATUS_KEYS and isinstance(value, str | int)
    ]


def _parts(named: Mapping[str, Any], path: str, depth: int) -> Iterator[Part]:
    if depth > DEPTH_MAX:
        return
    for name, value in _items(named):
        key = _key(name)
        if _contains(key, value):
            yield from _inside(value, path, depth + 1)
        elif key in _WRAPPERS and isinstance(value, Mapping):
            yield from _parts(value, path, depth + 1)
        elif key in _STATUS_KEYS | _BOOLEAN_KEYS | _ASIDE:
            continue
        elif isinstance(value, Mapping):
            yield from _component(_join(path, name), value, depth)
        elif isinstance(value, list) and key in _FAILED_KEYS:
            yield from (
                Part(name=_join(path, one.split(": ", 1)[0]), state="down")
                for one in value[:VALUES_MAX]
                if isinstance(one, str)
            )
        elif isinstance(value, list) and (names_component(name) or key.endswith("check")):
            yield from _listed(value, _join(path, name), depth)
        elif _speaks(name, key, value):
            yield from _simple(_join(path, name), value)


def _contains(key: str, value: Any) -> bool:
    """Whether its members are the components: not where it only counts how many of its kind run."""
    if isinstance(value, Mapping) and _short({_key(one): count for one, count in _items(value)}) is not None:
        return False
    return key in _CONTAINERS or (key in _WRAPPERS and isinstance(value, list))


def _inside(container: Any, path: str, depth: int) -> Iterator[Part]:
    """The members of a container of components: each is one, by its key or by the name that it bears."""
    if depth > DEPTH_MAX:
        return
    if isinstance(container, list):
        for member in container[:VALUES_MAX]:
            if isinstance(member, Mapping):
                yield from _component(_join(path, _name(member)), member, depth)
        return
    for name, value in _items(container) if isinstance(container, Mapping) else ():
        if isinstance(value, Mapping):
            yield from _component(_join(path, name), value, depth)
        elif isinstance(value, list):
            yield from _listed(value, _join(path, name), depth)
        elif _key(name) not in _PROSE | _STATUS_KEYS | _BOOLEAN_KEYS:
            yield from _simple(_join(path, name), value)


def _component(path: str, named: Mapping[str, Any], depth: int) -> Iterator[Part]:
    """A component: its parts where one of them fails, else itself."""
    inner = list(_parts(named, path, depth + 1))
    state = headline(named, depth)
    if any(part.state in {"down", "degraded"} for part in inner):
        yield from inner
    elif state is not None and path:
        yield Part(name=path, state=state)


def _listed(members: list[Any], path: str, depth: int) -> Iterator[Part]:
    """Several answers of one component, one for each node or measure."""
    for member in members[:VALUES_MAX]:
        if isinstance(member, Mapping):
            yield from _component(path, member, depth + 1)


def _simple(path: str, value: Any) -> Iterator[Part]:
    state = _state(bool(value) if _is_flag(value) else value) if isinstance(value, str | int) else None
    if state is not None:
        yield Part(name=path, state=state)


def _is_flag(value: Any) -> bool:
    """A yes or no, in whatever spelling."""
    return isinstance(value, int) and value in (0, 1)


def _speaks(name: str, key: str, value: Any) -> bool:
    """Whether a plain value beside versions and dates is the verdict of a component."""
    if key in _PROSE or key in _VERSION_KEYS:
        return False
    if names_component(name):
        return isinstance(value, str) or (_is_flag(value) and not names_role(name))
    aside = words_of(name) & _NO_COMPONENT
    return not aside and isinstance(value, str) and words.begins_with_verdict(value)


def _state(value: Any) -> HealthState | None:
    """What one value says; numbers only where they are HTTP statuses."""
    if isinstance(value, bool):
        return "up" if value else "down"
    if isinstance(value, str):
        return words.verdict(value)
    if isinstance(value, int) and 100 <= value <= 599:  # noqa: PLR2004 - the range of HTTP statuses
        return "up" if value < 400 else "down"  # noqa: PLR2004 - the first that is an error
    return None


def _version(named: Mapping[str, Any]) -> str | None:
    wrapped = [value for key, value in _items(named) if _key(key) in _WRAPPERS and isinstance(value, Mapping)]
    for mapping in (named, *wrapped):
        keyed = {_key(key): value for key, value in _items(mapping)}
        for key in _VERSION_KEYS:
            if isinstance(keyed.get(key), str) and (shown := line(keyed[key])):
                return shown
    return None


def _name(member: Mapping[str, Any]) -> str:
    keyed = {_key(key): value for key, value in _items(member)}
    return next((str(keyed[key]) for key in _NAME_KEYS if isinstance(keyed.get(key), str)), "")


def _items(named: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(str(key), value) for key, value in list(named.items())[:VALUES_MAX]]


def _key(name: str) -> str:
    """A key without its spelling: `Test_Status` and `testStatus` are one."""
    return name[:40].replace("_", "").replace("-", "").replace(" ", "").casefold()


def _join(path: str, name: str) -> str:
    short = name[: NAME_MAX + 1]
    return f"{path}.{short}" if path and short else path or short

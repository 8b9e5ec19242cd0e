"""Components: what their names say of them, and what they say of the whole."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rules.health.words import bag
from rules.signal import HealthState

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
NAME_READ_MAX = 200

CORE = bag(
    "database databases datastore db postgres postgresql pg npgsql mysql mariadb mongo mongodb sql mssql sqlserver sqlite prisma "
    "datasource hikari jdbc primary dynamodb cockroachdb sequelize orm "
    "core chat api app web backend auth authentication login"
)
"""A service whose database or core function fails does not serve, whatever its headline says."""

_NOT_CORE = bag("replica replicas secondary standby backup backups migration migrations analytics reporting")

PERIPHERAL = bag(
    "mail mailer email smtp sendgrid mailgun postmark search algolia solr opensearch disk diskspace storage space memory heap rss "
    "cpu swap load inode inodes analytics metrics telemetry newsletter"
)
"""What may fail for hours without keeping users from what they came for."""

KNOWN = (
    CORE
    | _NOT_CORE
    | PERIPHERAL
    | bag(
        "redis cache memcached queue queues worker workers broker rabbitmq kafka nats sqs celery sidekiq scheduler cron "
        "storage s3 blob bucket stripe billing payments payment openai anthropic ai llm elasticsearch elastic vault "
        "sessions session websocket socket sockets dns network cdn upstream filesystem"
    )
)
"""Names of components in flat documents, where a component stands beside versions and dates."""

ROLES = bag("standby secondary primary replica leader master follower readonly")
"""Words that, with a plain yes or no, say what a node is and not how it is."""

_SIDE = bag(
    "status state health healthy ok up alive ready connected connection connectivity connections reachable available "
    "backend default service server pool check"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One component by its dotted name, and its state."""

    name: str
    state: HealthState


def words_of(name: str) -> frozenset[str]:
    """The words of a name: `DatabaseBackend`, `postgres:connections` and `memory_heap` have two each."""
    return frozenset(word.lower() for word in _WORDS.findall(name[:NAME_READ_MAX]))


def is_core(name: str) -> bool:
    """Whether a component is the database or the core function."""
    words = words_of(name)
    return bool(words & CORE) and not words & (_NOT_CORE | PERIPHERAL)


def is_peripheral(name: str) -> bool:
    """Whether a component is mail, search, or a threshold of disk or memory: its failure alone is no outage."""
    return bool(words_of(name) & PERIPHERAL)


def names_role(key: str) -> bool:
    """Whether a key of a yes or no says only what a node is."""
    return words_of(key) <= ROLES


def names_component(key: str) -> bool:
    """Whether a key of a flat document is the name of a component and of nothing else."""
    words = words_of(key)
    return bool(words & KNOWN) and words <= KNOWN | _SIDE


def merged(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Each name once. Where nodes of one name disagree, a part of it fails: degraded."""
    said: dict[str, set[HealthState]] = {}
    for part in parts:
        said.setdefault(part.name, set()).add(part.state)
    return tuple(Part(name=name, state=_one(states)) for name, states in said.items())


def _one(states: set[HealthState]) -> HealthState:
    if {"up", "down"} <= states:
        return "degraded"
    return next(state for state in WORST_FIRST if state in states)


WORST_FIRST: tuple[HealthState, ...] = ("down", "degraded", "unknown", "up")


def worst(states: Iterable[HealthState]) -> HealthState | None:
    """The worst of several words about the same thing."""
    found = set(states)
    return next((state for state in WORST_FIRST if state in found), None)


def whole(
    headline: HealthState | None, parts: tuple[Part, ...], *, status_failed: bool
) -> HealthState | None:
    """The state of a service from its headline, its parts and its status; None where nothing speaks of health.

    1. A core part that is down outweighs a friendlier headline and a good status.
    2. A failing status is down, unless the service itself calls it degraded.
    3. A bad headline stands; a good one with a failing part is degraded.
    4. Without a headline: all parts down is down, some failing is degraded.
    """
    states = {part.state for part in parts}
    if any(part.state == "down" and is_core(part.name) for part in parts):
        return "down"
    if status_failed:
        return "degraded" if headline == "degraded" else "down"
    if headline in {"down", "degraded", "unknown"}:
        return headline
    if states == {"down"} and headline is None:
        return "down"
    if states & {"down", "degraded"}:
        return "degraded"
    return headline or worst(states)


def failing(parts: Iterable[Part]) -> tuple[str, ...]:
    return tuple(part.name for part in parts if part.state in {"down", "degraded"})

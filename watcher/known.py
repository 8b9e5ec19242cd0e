"""What a match can mean: a silence with a typing error in it silences nothing, and nobody notices until it rings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from rules.rulebook import Rulebook
from rules.signal import CATEGORIES
from watcher.config import Config
from watcher.incident.state import Incident

NAMED_MAX = 8
"""Of what is known; the nearest first."""
REPORTS = "report:"
"""Sources that need no configuration: people."""
BY_WORD = ("declared",)
"""Rules that no file holds."""


def impossible(match: Mapping[str, str], config: Config, rulebook: Rulebook) -> Iterator[str]:
    """Why nothing could ever match; a word for each value that is wrong."""
    sources = [f"sentry:{s.name}" for s in config.sentry] + [
        f"health:{e.name}" for e in config.health.endpoints
    ]
    rules = [rule.id for rule in rulebook.rules]
    known: dict[str, Iterable[str]] = {
        "source": sources,
        "category": CATEGORIES,
        "rule": [*rules, *BY_WORD],
    }
    for key, names in known.items():
        value = match.get(key)
        if value is not None and value not in names and not (key == "source" and value.startswith(REPORTS)):
            yield f"there is no {key} {value!r}; {_named(value, names)}"


def unseen(
    match: Mapping[str, str], config: Config, rulebook: Rulebook, states: Iterable[Any]
) -> Iterator[str]:
    """What was never heard of and may yet come: a Sentry names environments, and a report systems, as it likes."""
    incidents = [state for state in states if isinstance(state, Incident)]
    known: dict[str, set[str]] = {
        "system": {
            *(e.system for e in config.health.endpoints if e.system),
            *(project.system for sentry in config.sentry for project in sentry.projects if project.system),
            *(rule.system for rule in rulebook.rules if rule.system),
            *(system for incident in incidents for system in incident.systems),
        },
        "environment": {
            "production",
            *(e.environment for e in config.health.endpoints if e.environment),
            *(incident.opened.environment for incident in incidents),
        },
    }
    for key, names in known.items():
        value = match.get(key)
        if value is not None and value not in names:
            yield f"nothing of the {key} {value!r} was seen so far; {_named(value, names)}"


def _named(value: str, names: Iterable[str]) -> str:
    """What is known, the nearest first."""
    listed = sorted(names)
    near = get_close_matches(value, listed, n=NAMED_MAX)
    shown = [*near, *(name for name in listed if name not in near)][:NAMED_MAX]
    more = f" and {len(listed) - len(shown)} more" if len(listed) > len(shown) else ""
    return f"known are {', '.join(shown)}{more}" if shown else "none is known"

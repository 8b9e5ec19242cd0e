"""Words for a verdict: why it fired, or why not."""

from __future__ import annotations

import re
from datetime import timedelta

from rules.condition import quoted
from rules.duration import words
from rules.rule import WITHIN, Rule
from rules.scale import users_known
from rules.signal import Activity, HealthSignal, Signal, title_of


def sentence(rule: Rule, signal: Signal, counted: Activity | None) -> str:
    """The rule's own words, with what was counted put in."""
    said = _words(rule, signal, counted)
    return re.sub(r"\{([a-z]+)\}", lambda match: said.get(match.group(1), match.group(0)), rule.because)


def short_of(rule: Rule, counted: Activity | None) -> str:
    """What was counted where a rule recognises a signal, and that it is not known to be enough."""
    return f"{rule.id}: {_counts(counted)['count']} within {words(_window(rule, counted))}, not known to be enough"


def _window(rule: Rule, counted: Activity | None) -> timedelta:
    return counted.window if counted else rule.scale.within if rule.scale else WITHIN


def _words(rule: Rule, signal: Signal, counted: Activity | None) -> dict[str, str]:
    said = {
        "title": quoted(title_of(signal)),
        "system": quoted(rule.system or signal.system or "the service"),
        "within": words(_window(rule, counted)),
        "component": "",
        "reason": "",
        "endpoint": "",
    }
    if isinstance(signal, HealthSignal):
        said["component"] = quoted(", ".join(signal.failed_components[:3])) or "a component"
        said["reason"] = quoted(signal.reason)
        said["endpoint"] = quoted(signal.key)
    return said | _counts(counted)


def _counts(counted: Activity | None) -> dict[str, str]:
    if counted is None:
        return dict.fromkeys(("users", "events"), "an unknown number of") | {
            "count": "an unknown number of users"
        }
    events = f"{counted.events} event{'' if counted.events == 1 else 's'}"
    if not users_known(counted):
        return {
            "users": "uncounted",
            "events": str(counted.events),
            "count": f"{events} (users are not counted here)",
        }
    least = "" if counted.users_low == counted.users_high else ">= "
    users = f"{least}{counted.users_low}"
    return {
        "users": users,
        "events": str(counted.events),
        "count": f"{users} user{'' if users == '1' else 's'}",
    }

"""Which incident does a signal belong to? One open incident for each group; security always stands apart. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from rules.signal import Activity, Category, HealthSignal, IssueSignal, Signal, title_of
from rules.verdict import Verdict
from watcher.incident.record import Sign
from watcher.incident.state import FINAL, Incident

TITLE_MAX = 200
BECAUSE_MAX = 8
TEXT_MAX = 300


def group_of(verdict: Verdict, keys: Sequence[str]) -> str:
    """The group of a P0: its values of the configured keys, with security set apart."""
    values = {
        "environment": environment_of(verdict),
        "system": verdict.system or "",
        "source": verdict.signal.source,
        "category": verdict.category or "",
    }
    group = " ".join(f"{key}={values[key]}" for key in keys)
    return f"security {group}" if verdict.category == "security" else group


def environment_of(verdict: Verdict) -> str:
    """No environment means production."""
    return verdict.signal.environment or "production"


def stale(signal: Signal) -> bool:
    """It happened, but not lately: its narrowest window is empty. News to who never heard of it, else clean."""
    activity = signal.activity if isinstance(signal, IssueSignal) else ()
    return bool(activity) and min(activity, key=lambda a: a.window).events == 0


def home(sign: Sign, group: str, incidents: Iterable[Incident]) -> Incident | None:
    """The open incident that the signal belongs to: the one that knows it, else the one of its group.

    After mitigation another category is a new incident.
    """
    candidates = [i for i in incidents if i.status not in FINAL and i.opened.group == group]
    for incident in candidates:
        if sign.ref in incident.watched and _takes(incident, sign.category):
            return incident
    return next((i for i in candidates if _takes(i, sign.category)), None)


def _takes(incident: Incident, category: Category) -> bool:
    return incident.status != "watching" or category in incident.categories


def sign_of(verdict: Verdict) -> Sign:
    """The flat record of a failing signal. Only for verdicts that name a rule and a category."""
    signal = verdict.signal
    if verdict.category is None or verdict.rule is None:
        raise ValueError("a verdict without rule and category is no sign")
    counted = _counted(signal)
    return Sign(
        source=signal.source,
        key=signal.key,
        title=title_of(signal)[:TITLE_MAX],
        category=verdict.category,
        rule=verdict.rule,
        because=tuple(line[:TEXT_MAX] for line in verdict.because[:BECAUSE_MAX]),
        system=verdict.system or signal.system,
        component=_component(verdict),
        started_at=_onset(verdict),
        seen_at=signal.at,
        users=counted.users_low if counted else None,
        events=counted.events if counted else None,
        window=counted.window if counted else None,
        release=_release(verdict),
        url=signal.permalink if isinstance(signal, IssueSignal) else "",
        last_at=signal.last_at if isinstance(signal, IssueSignal) else None,
    )


def _counted(signal: Signal) -> Activity | None:
    """The narrowest window in which it happened at all: what is going on now, not what was an hour ago."""
    activity = signal.activity if isinstance(signal, IssueSignal) else ()
    return min((a for a in activity if a.events), key=lambda a: a.window, default=None)


ONSET_MAX = timedelta(hours=24)
"""An onset further back is a clock that is wrong, or an issue that is older than the trouble."""


def _onset(verdict: Verdict) -> datetime | None:
    start, seen = verdict.signal.started_at, verdict.signal.at
    return start if start is not None and seen - ONSET_MAX <= start <= seen else None


def _component(verdict: Verdict) -> str | None:
    signal = verdict.signal
    failed = signal.failed_components if isinstance(signal, HealthSignal) else ()
    return failed[0][:TITLE_MAX] if len(failed) == 1 else None


def _release(verdict: Verdict) -> str | None:
    signal = verdict.signal
    if isinstance(signal, IssueSignal):
        return signal.release
    return signal.version if isinstance(signal, HealthSignal) else None

"""Who is on call, as people and programs ask it: now, until when, and who is next. Pure readings of a plan."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from rules.mask import clean
from watcher.incident.surroundings import Overridden
from watcher.oncall.moments import span
from watcher.oncall.plan import Duty, Plan

AHEAD_SHOWN = 6
"""Duties told: a month and a half of weeks."""
TEXT_MAX = 300


def on_call(plan: Plan, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Who has it at a moment, why it is they, until when it is the same person, and who comes after."""
    duty, after = plan.present(now)
    return {
        "at": now.isoformat(),
        "person": duty.person,
        "via": duty.via,
        "until": after.begins.isoformat() if after is not None else None,
        "next": after.person if after is not None else None,
        "backup": plan.backup(now),
        "zone": zone.key,
    }


def ahead(plan: Plan, now: datetime) -> list[dict[str, Any]]:
    """The duties from a moment on, a change of person or reason each."""
    return [_plain(duty) for duty in islice(plan.duties(now), AHEAD_SHOWN)]


def overrides(active: Iterable[Overridden], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Those that hold or are to come, as they begin."""
    return [
        {
            "override": one.override,
            "person": one.person,
            "from": one.begins.isoformat(),
            "until": one.until.isoformat(),
            "span": span(one.begins, one.until, zone),
            "by": clean(one.by, TEXT_MAX),
            "because": clean(one.because, TEXT_MAX),
        }
        for one in sorted(active, key=lambda one: (one.begins, one.override))
    ]


def _plain(duty: Duty) -> dict[str, Any]:
    ends = duty.ends.isoformat() if duty.ends is not None else None
    return {"person": duty.person, "via": duty.via, "from": duty.begins.isoformat(), "until": ends}

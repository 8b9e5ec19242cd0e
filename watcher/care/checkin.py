"""The cron check-in: a Sentry of our own misses us, as the dead-man service does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from watcher.world import CheckIn

if TYPE_CHECKING:
    from sentry_sdk._types import MonitorConfig

MARGIN_MINUTES = 3
"""Checks-in that may be missing before it alerts: a restart is no outage."""


def check_in_at(monitor: str) -> CheckIn:
    """What says there, each time, that all is well or not. The library sends from a thread of its own."""
    from sentry_sdk.crons import capture_checkin

    def check_in(well: bool, every: timedelta) -> None:  # noqa: FBT001 - one word
        status = "ok" if well else "error"
        capture_checkin(monitor_slug=monitor, status=status, monitor_config=schedule(every))

    return check_in


def schedule(every: timedelta) -> MonitorConfig:
    """How often it will hear of us, in whole minutes: Sentry knows none shorter."""
    minutes = max(1, round(every / timedelta(minutes=1)))
    return {
        "schedule": {"type": "interval", "value": minutes, "unit": "minute"},
        "checkin_margin": MARGIN_MINUTES,
        "failure_issue_threshold": 1,
        "recovery_threshold": 1,
    }

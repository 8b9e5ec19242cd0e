"""The log as the configuration names it: where it lies, and how long its events stay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from rules.duration import Duration
from watcher.settings.secret import Settings


class LogSettings(Settings):
    """`keep` is for the events of what is closed; its milestones stay, so that response times never change."""

    path: Path = Path("watcher.db")
    keep: Duration = Field(
        timedelta(days=730), ge=timedelta(days=7)
    )  # two years: a yearly review sees the one before

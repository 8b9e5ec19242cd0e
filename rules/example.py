"""Examples: what a rule must fire on and what it must miss, written beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from rules.mask import mask
from rules.signal import Activity, Category, HealthSignal, HealthState, IssueSignal, ReportSignal, Signal

_AT = datetime(2026, 1, 1, tzinfo=UTC)


class _Example(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    why: str = ""
    environment: str | None = None
    system: str | None = None


class IssueExample(_Example):
    """An issue; without users and events its scale is unknown."""

    title: str
    type: str = ""
    value: str = ""
    message: str = ""
    culprit: str = ""
    url: str = ""
    level: str = "error"
    logger: str = ""
    platform: str = ""
    project: str = ""
    issue_category: str = "error"
    release: str | None = None
    handled: bool | None = None
    tags: dict[str, str] | None = None
    users: int | None = Field(None, ge=0)
    events: int | None = Field(None, ge=0)
    requests: int | None = Field(None, ge=0)
    same_requests: int | None = Field(None, ge=0)
    active_users: int | None = Field(None, ge=0)

    def signal(self, window: timedelta) -> Signal:
        """The example as a signal, its counts stated for one window."""
        names = ("message", "culprit", "url", "level", "logger", "platform", "project", "issue_category")
        fields: dict[str, Any] = {name: mask(getattr(self, name)) for name in names}
        return IssueSignal(
            source="example",
            key="example",
            at=_AT,
            started_at=None,
            title=mask(self.title),
            error_type=mask(self.type),
            value=mask(self.value),
            system=self.system,
            environment=self.environment,
            release=self.release,
            handled=self.handled,
            tags=self.tags,
            activity=self._activity(window),
            **fields,
        )

    def _activity(self, window: timedelta) -> tuple[Activity, ...]:
        if self.events is None and self.users is None:
            return ()
        return (
            Activity(
                window=window,
                events=self.users or 0 if self.events is None else self.events,
                users_low=self.users,
                users_high=self.users,
                requests=self.requests,
                same_requests=self.same_requests,
                active_users=self.active_users,
            ),
        )


class HealthExample(_Example):
    """A health endpoint as its last probes left it."""

    state: HealthState
    endpoint: str = "api"
    reason: str = ""
    failed_components: tuple[str, ...] = ()
    critical: bool = True
    category: Category | None = None
    announced: bool = False

    def signal(self, window: timedelta) -> Signal:  # noqa: ARG002 - endpoints count nothing
        """The example as a signal."""
        return HealthSignal(
            source=f"health:{self.endpoint}",
            key=self.endpoint,
            at=_AT,
            started_at=None,
            state=self.state,
            reason=mask(self.reason or self.state),
            failed_components=self.failed_components,
            critical=self.critical,
            category=self.category,
            announced=self.announced,
            environment=self.environment,
            system=self.system,
        )


class ReportExample(_Example):
    """What a person says."""

    text: str

    def signal(self, window: timedelta) -> Signal:  # noqa: ARG002 - reports count nothing
        """The example as a signal."""
        return ReportSignal(
            source="report:example",
            key="example",
            at=_AT,
            text=mask(self.text),
            environment=self.environment,
            system=self.system,
        )

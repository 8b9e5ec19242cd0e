"""Rows of a file as signals: issues as Sentry's API returns them, reports, and answers of a health endpoint.

A row's `context` holds counts of a window of its own; thresholds are applied to that window as it is. Without context
the scale is unknown, so only rules that need no scale can fire: lifetime counts say nothing about now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rules.haystack import FIELD_MAX
from rules.health import Reading
from rules.mask import mask
from rules.signal import Activity, HealthSignal, IssueSignal, ReportSignal

NOW = datetime(2000, 1, 1, tzinfo=UTC)
"""Rows are judged outside time; a date that cannot be mistaken for one of theirs."""

TAGS_MAX = 200
"""Tags read of one issue."""


def issue_of(row: Mapping[str, Any]) -> IssueSignal:
    """An issue row as a signal; ValueError says what is wrong with it."""
    issue = _object(row, "issue")
    metadata = _inner(issue, "metadata")
    tags = _tags(issue.get("tags"))
    title = _text(issue, "title")
    if not title:
        raise ValueError("the issue has no title")
    return IssueSignal(
        source="rows",
        key=str(issue.get("id") or row.get("id") or ""),
        at=NOW,
        started_at=None,
        title=title,
        error_type=_text(metadata, "type"),
        value=_text(metadata, "value"),
        message=_text(issue, "message"),
        culprit=_text(issue, "culprit"),
        url=(tags or {}).get("url", ""),
        permalink=_text(issue, "permalink"),
        level=_text(issue, "level") or "error",
        logger=_text(issue, "logger"),
        platform=_text(issue, "platform"),
        issue_category=_text(issue, "issueCategory") or "error",
        project=_project(issue.get("project")),
        environment=(tags or {}).get("environment"),
        release=(tags or {}).get("release"),
        handled=not issue["isUnhandled"] if isinstance(issue.get("isUnhandled"), bool) else None,
        tags=tags,
        activity=_activity(row.get("context")),
    )


def report_of(row: Mapping[str, Any]) -> ReportSignal:
    """A report row as a signal; ValueError says what is wrong with it."""
    text = row.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ValueError("'text' must be what the person wrote")
    key = str(row.get("id") or "")
    return ReportSignal(source="report:rows", key=key, at=NOW, text=mask(text))


def reading_of(row: Mapping[str, Any]) -> Reading:
    """What a health row's answer says; ValueError says what is wrong with it."""
    from rules.health import read

    answer = _object(row, "response")
    status, body, error = answer.get("status"), answer.get("body"), answer.get("error")
    if error is None and not isinstance(status, int):
        raise ValueError("'response' needs a status, or an error where no answer came")
    latency = answer.get("latency_ms")
    return read(
        status=status if isinstance(status, int) else None,
        headers={str(name): str(value) for name, value in _inner(answer, "headers").items()},
        body=body if isinstance(body, str) else "",
        error=str(error) if error is not None else None,
        latency=timedelta(milliseconds=latency) if isinstance(latency, int | float) else None,
    )


def health_of(row: Mapping[str, Any], reading: Reading) -> HealthSignal:
    """A reading as the signal of a critical endpoint that has failed for long enough."""
    key = str(row.get("id") or "row")
    return HealthSignal(
        source="health:rows",
        key=key,
        at=NOW,
        started_at=None,
        state=reading.state,
        reason=mask("; ".join(reading.because)) or reading.state,
        failed_components=tuple(map(mask, reading.failed_components)),
        critical=True,
        version=reading.version,
        announced=reading.announced,
    )


def _object(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = row.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"'{name}' must be an object")  # noqa: TRY004 - a value of the file is wrong
    return value


def _inner(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return mask(value[:FIELD_MAX]) if isinstance(value, str) else ""


def _project(value: Any) -> str:
    return str(value.get("slug") or "") if isinstance(value, dict) else ""


def _tags(value: Any) -> dict[str, str] | None:
    if not isinstance(value, list):
        return None
    pairs: Iterable[Any] = value[:TAGS_MAX]
    return {
        str(pair["key"]): mask(str(pair["value"])[:FIELD_MAX])
        for pair in pairs
        if isinstance(pair, dict) and "key" in pair and "value" in pair
    }


def _activity(context: Any) -> tuple[Activity, ...]:
    if context is None:
        return ()
    if not isinstance(context, dict):
        raise ValueError("'context' must be an object or null")  # noqa: TRY004 - a value of the file is wrong
    events = _count(context, "events_in_window")
    if events is None:
        return ()
    users = _count(context, "users_in_window")
    users = None if users == 0 and events else users  # the reporter sends no user
    return (
        Activity(
            window=timedelta(minutes=_count(context, "window_minutes") or 0),
            events=events,
            users_low=users,
            users_high=users,
            requests=_count(context, "requests_in_window"),
            same_requests=_count(context, "same_transaction_requests_in_window"),
            active_users=_count(context, "active_users"),
        ),
    )


def _count(context: Mapping[str, Any], name: str) -> int | None:
    value = context.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

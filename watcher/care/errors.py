"""The daemon's own errors, sent to a Sentry of its own. The library is imported by those who name a DSN.

Left out on purpose: local variables, source lines, the library's integrations, breadcrumbs, the machine's name. What
remains passes the same masks as our log. It reads our log calls, so nothing else has to know that it is there.
"""

from __future__ import annotations

import logging
from typing import Any

from rules.mask import mask
from watcher.care.checkin import check_in_at
from watcher.logs import concealed
from watcher.settings.care import Errors
from watcher.world import CheckIn

TEXT_MAX = 2_000
DEPTH_MAX = 12
"""An event is not nested deeper; what is was not made by us."""
AGAIN_AFTER = 600.0
"""Seconds in which the same fault is sent once: a part that fails every minute is one fault."""
REMEMBERED_MAX = 200

OURS = ("event_id", "timestamp", "level", "platform", "release", "sdk")
"""Made by the library and by us: nothing that was read; an id that is masked is no id."""
SENT = (*OURS, "exception", "message", "logentry", "tags", "contexts", "environment")
"""Nothing else leaves: what the library may add some day stays here."""

REPORTED = ("watcher", "notifiers", "rules")

Fault = tuple[str, str, int]


def begin(settings: Errors, version: str) -> CheckIn | None:
    """Report our own errors from now on. Answers the check-in where a monitor is named; raises ImportError."""
    import sentry_sdk

    sentry_sdk.init(
        dsn=settings.dsn.get_secret_value(),
        release=f"hotfix-watcher@{version}",
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        include_source_context=False,
        send_default_pii=False,
        max_breadcrumbs=0,
        max_request_body_size="never",
        auto_session_tracking=False,
        send_client_reports=False,
        server_name="",
        http_proxy="",
        https_proxy="",
        debug=False,
        spotlight=False,
        shutdown_timeout=1,
        before_send=_before_send,
    )
    reporter = _Reporter()
    for name in REPORTED:
        logging.getLogger(name).addHandler(reporter)
    return check_in_at(settings.monitor) if settings.monitor is not None else None


class _Reporter(logging.Handler):
    """Sends what a log call says of a fault: an exception, or something critical."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._sent: dict[Fault, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        import sentry_sdk

        error = record.exc_info[1] if record.exc_info else None
        if (error is None and record.levelno < logging.CRITICAL) or not self._new(record, error):
            return
        try:
            with sentry_sdk.new_scope() as scope:
                scope.set_tag("event", str(getattr(record, "event", "log")))
                scope.set_context("log", {"message": record.getMessage(), "logger": record.name})
                if error is not None:
                    sentry_sdk.capture_exception(error)
                else:
                    sentry_sdk.capture_message(record.getMessage(), level="fatal")
        except Exception:  # noqa: BLE001, S110 - reporting a fault must not be one
            pass

    def _new(self, record: logging.LogRecord, error: BaseException | None) -> bool:
        fault = (type(error).__name__, record.pathname, record.lineno)
        if record.created - self._sent.get(fault, 0.0) < AGAIN_AFTER:
            return False
        if len(self._sent) >= REMEMBERED_MAX:
            self._sent.clear()
        self._sent[fault] = record.created
        return True


def _before_send(event: Any, _hint: Any) -> Any:
    """The event without a secret; none at all where that cannot be made sure. A check-in holds words of ours alone."""
    if event.get("type") == "check_in":
        return event
    try:
        kept = {key: value for key, value in event.items() if key in SENT}
        kept["contexts"] = {"log": event.get("contexts", {}).get("log", {})}
        return {key: value if key in OURS else safe(value) for key, value in kept.items()}
    except Exception:  # noqa: BLE001 - whatever is in it
        return None


def safe(value: Any, depth: int = 0) -> Any:
    """The value with each text masked, whatever it is nested in."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth > DEPTH_MAX:
        return "(cut)"
    if isinstance(value, dict):
        return {_text(key): safe(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [safe(item, depth + 1) for item in value]
    return _text(value)


def _text(value: Any) -> str:
    return mask(concealed(str(value)))[:TEXT_MAX]

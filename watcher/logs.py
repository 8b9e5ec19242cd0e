"""Logging: one line a record, JSON for the journal and text for a terminal, without secrets, whoever logs.

Every logger of the process, foreign ones too, ends in one handler with one filter. The filter masks what `conceal` was
told, by value, and what looks like a secret, by pattern; in messages, in extra fields and in tracebacks. Our own records
carry an `event` word and ids as extra fields: `logger.info("page accepted", extra={"event": "page_accepted", "id": id})`.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TextIO
from urllib.parse import parse_qsl, quote, unquote, urlsplit

SHORTEST_SECRET = 6
"""Masking shorter values by value would mask ordinary words."""
SHORTEST_PART = 8
"""The same for a part of an address: a token is longer, a channel's name is often not."""
SECRETS_MAX = 5_000
"""Some forms for each of some hundred secrets; reloads add, and nothing is forgotten until then."""
MESSAGE_MAX = 2_000
TRACEBACK_MAX = 6_000
"""Message and traceback stay below journald's line of 48 KiB, also when every character is escaped; the end is kept."""
READ_MAX = 64_000
"""Characters of one text that are looked at; the cut is made before masking, so it is far beyond what is shown."""

CONCEALED = "[secret]"
QUIET = ("apprise", "httpcore2", "httpx2", "urllib3", "asyncio", "uvicorn", "aiomqtt", "paho")
"""Foreign loggers that tell of every request: below warning they are not heard."""
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_FORMATS = ("auto", "json", "text")
_REAL_HOST = re.compile(
    r"^(https?|jsons?|xmls?|forms?|mailtos?|mqtts?|ntfys?|gotifys?|matrixs?|mmosts?|rockets?)$"
)


class _Secrets:
    """The values that must not be shown. Written while the configuration loads, read by every thread that logs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, None] = {}
        self._pattern: re.Pattern[str] | None = None

    def add(self, values: Iterable[str]) -> None:
        with self._lock:
            self._values.update(dict.fromkeys(values))
            while len(self._values) > SECRETS_MAX:
                del self._values[next(iter(self._values))]
            longest_first = sorted(self._values, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def masked(self, text: str) -> str:
        pattern = self._pattern
        return pattern.sub(CONCEALED, text) if pattern else text


_secrets = _Secrets()


def conceal(secret: str) -> None:
    """Never show this value in a log again, nor its quoted form, nor the secret parts of it when it is an address."""
    values = {secret, secret.strip(), *_parts(secret)}
    forms = {
        form for value in values for form in (value, quote(value, safe=""), quote(value), unquote(value))
    }
    _secrets.add(sorted(form for form in forms if len(form) >= SHORTEST_SECRET))


def concealed(text: str) -> str:
    """The text with every concealed value masked; for what is printed without passing through a logger."""
    return _secrets.masked(text)


def _parts(address: str) -> set[str]:
    """What of an address would be a secret on its own: user, password, path, query; the host where it is a token."""
    try:
        url = urlsplit(address.strip())
        if not url.netloc:
            return set()
        found = [
            url.username,
            url.password,
            *url.path.split("/"),
            *(value for _, value in parse_qsl(url.query)),
        ]
        if not _REAL_HOST.match(url.scheme):
            found.append(url.netloc.rpartition("@")[2])
    except ValueError:
        return set()
    return {part for part in found if part and len(part) >= SHORTEST_PART}


def configure(style: str = "auto", stream: TextIO | None = None) -> None:
    """Send every record of the process, once, to the stream (standard error where none is named).

    `style` is "json", "text" or "auto": text on a terminal, JSON elsewhere. Raises ValueError for another word.
    """
    from rules.mask import mask  # not above: the command line needs `conceal`, not the engine behind this

    if style not in _FORMATS:
        raise ValueError(f"logs are written as {', '.join(_FORMATS)}; not as {style!r}")
    stream = stream or sys.stderr
    text = style == "text" or (style == "auto" and stream.isatty())
    handler = _Handler(stream)
    handler.addFilter(_Redaction(mask))
    handler.setFormatter(_Text() if text else _Json())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    _catch_what_falls_through()


class _Handler(logging.StreamHandler[TextIO]):
    """A record that cannot be written is lost in silence: the usual complaint prints its arguments unmasked."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - logging's signature
        return


class _Redaction(logging.Filter):
    """Replaces a record's texts by masked ones, in place, so that whoever sees it later sees no more."""

    def __init__(self, mask: Callable[[str], str]) -> None:
        super().__init__()
        self._mask = mask

    def filter(self, record: logging.LogRecord) -> bool:
        message, trace, stack = _message(record), _traceback(record), record.stack_info
        record.args, record.exc_info = None, None
        try:
            record.msg = self._safe(message)[:MESSAGE_MAX]
            record.exc_text = self._safe(trace[-READ_MAX:])[-TRACEBACK_MAX:] if trace else None
            record.stack_info = self._safe(stack) if stack else None
            for name, value in extras(record).items():
                setattr(record, name, self._plain(value))
        except Exception:  # noqa: BLE001 - whoever logs must not fail; what cannot be masked is not shown
            _emptied(record)
        return True

    def _safe(self, text: str) -> str:
        return self._mask(_secrets.masked(text[:READ_MAX]))

    def _plain(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        return self._safe(_said(value))[:MESSAGE_MAX]


def _emptied(record: logging.LogRecord) -> None:
    record.msg, record.exc_text, record.stack_info = (
        "a record could not be masked, and is left out",
        None,
        None,
    )
    for name in extras(record):
        delattr(record, name)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - a log call with a fault of its own still says what it can
        return f"{_said(record.msg)} (its arguments do not fit)"


def _said(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - foreign objects
        return f"({type(value).__name__})"


def _traceback(record: logging.LogRecord) -> str | None:
    if record.exc_text or not record.exc_info or not record.exc_info[0]:
        return record.exc_text
    try:
        return logging.Formatter().formatException(record.exc_info)
    except Exception:  # noqa: BLE001 - an exception whose text cannot be made
        return f"({record.exc_info[0].__name__})"


def extras(record: logging.LogRecord) -> dict[str, Any]:
    """The fields that the log call gave beside the message."""
    return {name: value for name, value in vars(record).items() if name not in STANDARD}


class _Json(logging.Formatter):
    """One JSON object a line; the ids and the `event` word are fields of their own. Beyond ASCII all is escaped."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            **extras(record),
            "at": _at(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", "log"),
            "message": record.msg,
            "logger": record.name,
        }
        if record.exc_text:
            fields["traceback"] = record.exc_text
        return json.dumps(fields)


class _Text(logging.Formatter):
    """One line a record for people; a traceback follows, each line behind a bar that no message can forge."""

    def format(self, record: logging.LogRecord) -> str:
        given = " ".join(f"{name}={escaped(str(value))}" for name, value in extras(record).items())
        line = f"{_at(record):%H:%M:%S} {record.levelname.lower():8} {escaped(record.msg)}"
        below = [f"         | {escaped(part)}" for part in (record.exc_text or "").splitlines()]
        return "\n".join([f"{line}  ({given})" if given else line, *below])


def _at(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def escaped(text: str) -> str:
    """The text with everything that a terminal would not print as a character written as its number."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _catch_what_falls_through() -> None:
    """What nobody caught goes through the same filter, instead of being printed as it is."""
    logger = logging.getLogger("watcher")

    def uncaught(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        logger.critical(
            "uncaught: %s", kind.__name__, exc_info=(kind, error, trace), extra={"event": "uncaught"}
        )

    def in_thread(what: threading.ExceptHookArgs) -> None:
        error = what.exc_value or what.exc_type()
        logger.critical("a thread ended", exc_info=error, extra={"event": "thread_ended"})

    def unraisable(what: sys.UnraisableHookArgs) -> None:
        logger.error("could not be raised", exc_info=what.exc_value, extra={"event": "unraisable"})

    sys.excepthook = uncaught
    threading.excepthook = in_thread
    sys.unraisablehook = unraisable

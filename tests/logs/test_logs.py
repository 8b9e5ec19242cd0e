"""The log shows what happened, on one line, and never a secret, whoever logs."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from watcher.logs import QUIET, conceal, concealed, configure

SECRET = 'kv-93!fa\u00e9"7c'
ADDRESS = "slack://TokenAAAA1/TokenBBBB2/hunter2hunter2?footer=SecretQuery99"

Read = Callable[[], list[dict[str, object]]]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """A configured log whose process-wide state is put back afterwards."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook, sys.unraisablehook)
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    yield io.StringIO()
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(capture=False)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    for name, former in levels.items():
        logging.getLogger(name).setLevel(former)


def records(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail(text: str) -> None:
    raise ValueError(text) from KeyError("hunter2hunter2")


@pytest.mark.parametrize("style", ["json", "text"])
def test_a_concealed_value_is_never_shown(stream: io.StringIO, style: str) -> None:
    """A secret goes from messages, arguments, fields, keys of tracebacks and foreign loggers, in every form it takes."""
    conceal(SECRET)
    conceal(ADDRESS)
    configure(style, stream)
    foreign = logging.getLogger("a.library")
    foreign.error("bad token %s", SECRET, extra={"where": ADDRESS, "parts": ["TokenBBBB2", SECRET]})
    try:
        fail(SECRET)
    except ValueError:
        foreign.exception("loading %s failed", ADDRESS)
    shown = stream.getvalue()
    assert "bad token" in shown
    assert "ValueError" in shown
    for secret in (SECRET, "kv-93", "TokenAAAA1", "TokenBBBB2", "hunter2hunter2", "SecretQuery99"):
        assert secret not in shown


def test_what_looks_like_a_secret_is_masked_too(stream: io.StringIO) -> None:
    """A secret that nobody announced is masked by its look."""
    configure("json", stream)
    logging.getLogger("foreign").warning("Authorization: Bearer abc123DEF456ghi789")
    assert "abc123DEF456ghi789" not in stream.getvalue()


@pytest.mark.parametrize("style", ["json", "text"])
def test_one_record_is_one_line(stream: io.StringIO, style: str) -> None:
    """Foreign text cannot forge a record or steer a terminal."""
    configure(style, stream)
    logging.getLogger("x").warning("a\nb\r\x1b[31m\u202e\u2028%s", "c\nd", extra={"field": "e\nf"})
    shown = stream.getvalue()
    assert len(shown.splitlines()) == 1
    assert not set("\r\x1b\u202e\u2028") & set(shown)


def test_the_lines_of_a_traceback_are_marked_in_text(stream: io.StringIO) -> None:
    """For people a traceback keeps its lines; each stands behind a bar."""
    configure("text", stream)
    try:
        fail("one\n12:00:00 info     forged")
    except ValueError:
        logging.getLogger("x").exception("broken")
    assert all(line.startswith("         | ") for line in stream.getvalue().splitlines()[1:])


def test_an_event_and_its_ids_are_fields(stream: io.StringIO) -> None:
    """Machines read the event word and the ids, not the sentence."""
    configure("json", stream)
    logging.getLogger("watcher.x").info(
        "paged", extra={"event": "page_accepted", "id": "INC-1/2@ann", "count": 3}
    )
    (record,) = records(stream)
    assert (record["event"], record["id"], record["count"]) == ("page_accepted", "INC-1/2@ann", 3)
    assert (record["level"], record["message"], record["logger"]) == ("info", "paged", "watcher.x")


def test_auto_is_json_where_nobody_watches(stream: io.StringIO) -> None:
    """Without a terminal the log is for machines."""
    configure("auto", stream)
    logging.getLogger("x").warning("hello")
    assert records(stream)[0]["message"] == "hello"


def test_configuring_twice_says_everything_once(stream: io.StringIO) -> None:
    """A second call replaces the first."""
    configure("json", stream)
    configure("json", stream)
    logging.getLogger("x").warning("hello")
    assert len(records(stream)) == 1


def test_an_unknown_style_is_refused() -> None:
    """Only three words are understood."""
    with pytest.raises(ValueError, match="auto, json, text"):
        configure("xml")


class Stubborn:
    """An object without words."""

    def __str__(self) -> str:
        raise RuntimeError(SECRET)


def test_a_log_call_with_a_fault_never_fails_its_caller(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong arguments and objects without words are recorded as they can be, and nothing goes past the filter."""
    configure("json", stream)
    logging.getLogger("x").warning("%d and %d", *["only one"])
    logging.getLogger("x").warning("%s", Stubborn(), extra={"field": Stubborn()})
    logging.getLogger("x").warning(Stubborn())
    assert len(records(stream)) == 3
    assert SECRET not in stream.getvalue() + capsys.readouterr().err


def test_a_closed_stream_is_borne_in_silence(stream: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    """A log that cannot be written is no reason to fail, nor to print the record elsewhere."""
    configure("json", stream)
    stream.close()
    logging.getLogger("x").warning("hello")
    assert capsys.readouterr().err == ""


def test_a_long_record_is_cut(stream: io.StringIO) -> None:
    """A record fits a journal line, also when every character is escaped."""
    configure("json", stream)
    try:
        fail("\u202e" * 200_000)
    except ValueError:
        logging.getLogger("x").exception("\u00e9" * 200_000)
    assert len(stream.getvalue()) < 48 * 1024


def test_a_short_value_is_not_concealed() -> None:
    """Masking a short word by value would blacken the log."""
    conceal("on")
    assert concealed("on and on") == "on and on"


def test_what_nobody_catches_is_masked_too() -> None:
    """An uncaught exception, in the main thread or another, is printed through the filter."""
    program = (
        "import threading\nfrom watcher.logs import conceal, configure\n"
        "configure('json'); conceal('kv-93-secret')\n"
        "def fail(): raise ValueError('kv-93-secret')\n"
        "thread = threading.Thread(target=fail); thread.start(); thread.join(); fail()\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    events = [json.loads(line)["event"] for line in result.stderr.splitlines()]
    assert (result.returncode, events) == (1, ["thread_ended", "uncaught"])
    assert "kv-93-secret" not in result.stderr

"""Hostile signals: what an attacker writes costs bounded time and memory, and raises nothing."""

from __future__ import annotations

import json
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rules import rows
from rules.classify import classify, classify_all
from rules.guess import signal_of
from rules.health import read
from rules.load import load
from rules.signal import Activity, IssueSignal
from rules.trace import trace

BOOK = load()
AT = datetime(2026, 11, 25, tzinfo=UTC)
MANY = (Activity(window=timedelta(minutes=5), events=900, users_low=1, users_high=400),)
MEGABYTE = 1_000_000

PIECES = (
    "a",
    "\x00",
    "\u200b\u202e",
    "\u2066sign in failed\u2069",
    "'" + "x",
    '"',
    "1",
    "a1/",
    "charged twice deleted all messages sign in failed ",
    "password=x ",
    "\ud800",
    "\ufdfa",
)


def issue(key: str, text: str, **fields: Any) -> IssueSignal:
    fields = {"activity": MANY, **fields}
    return IssueSignal(source="sentry:x", key=key, at=AT, started_at=None, title=text, value=text, **fields)


def spent(work: Any) -> float:
    """Processor seconds, the least of three: others use this machine as well."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


@pytest.mark.parametrize("piece", PIECES, ids=[ascii(piece)[:12] for piece in PIECES])
def test_a_megabyte_costs_no_more_than_its_beginning(piece: str) -> None:
    """Ten issues of 1 MB each, counted together and explained, take little time and leave short printable words."""
    text = piece * (MEGABYTE // len(piece))
    signals = [issue(str(number), text, culprit=text, url=text, message=text) for number in range(10)]
    began = time.process_time()
    verdicts = classify_all(BOOK, signals)
    found = trace(BOOK, signals[0])
    assert time.process_time() - began < 5
    said = [words for verdict in verdicts for words in verdict.because]
    said += [clause.words for one in found for clause in one.clauses]
    assert all(words.isprintable() and len(words) < 1_000 for words in said)


@pytest.mark.parametrize("piece", ["failed to sign in ", "1a", "'\"", "\u200b\u0301"])
def test_time_grows_no_faster_than_the_text(piece: str) -> None:
    """Ten times the text costs at most about ten times as long: nothing is quadratic."""

    def judge(size: int) -> Any:
        row = {"issue": {"id": "1", "title": (piece * size)[:size], "culprit": (piece * size)[:size]}}
        return lambda: classify(BOOK, rows.issue_of(row))

    small, large = spent(judge(MEGABYTE // 10)), spent(judge(MEGABYTE))
    assert large < 20 * max(small, 0.002)


def test_ten_thousand_tags_are_read_in_part() -> None:
    """Only the first of them are looked at, however long they are."""
    tags = [{"key": f"k{number}", "value": "v" * 1_000} for number in range(10_000)]
    signal = rows.issue_of({"issue": {"id": "1", "title": "boom", "tags": tags}})
    assert len(signal.tags or {}) <= rows.TAGS_MAX
    assert classify(BOOK, signal).outcome == "none"


@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"status":', "}"), ('{"checks":[', "]}")])
def test_json_ten_thousand_deep_ends_in_words(opens: str, closes: str) -> None:
    """A health answer so deep is unknown, or down by its status; a file to explain is refused or read, never a crash."""
    deep = opens * 10_000 + '"UP"' + closes * 10_000
    assert read(status=200, body=deep).state == "unknown"
    assert read(status=503, body=deep).state == "down"
    assert signal_of(deep).kind == "health"
    with pytest.raises((ValueError, RecursionError)):
        rows.issue_of(json.loads('{"issue":' * 10_000 + "1" + "}" * 10_000))


def test_memory_stays_bounded_over_many_texts() -> None:
    """Twenty thousand distinct long texts leave a few megabytes behind: every memo has a limit."""
    for number in range(500):  # what is kept for good is there before we measure
        classify_all(BOOK, [issue("0", f"sign in failed for {number}")])
    tracemalloc.start()
    for number in range(4_000):
        text = f"sign in failed for user{number} " + "x" * 1_000
        classify_all(BOOK, [issue(str(number), text, environment=f"e{number}", logger=f"l{number}")])
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 30_000_000

"""Health answers of real formats, labelled by hand."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rules.health import Reading, is_peripheral, read

CORPUS = (
    Path(os.environ.get("WATCHER_SHARED", Path(__file__).parents[3] / "shared")) / "corpus" / "health.jsonl"
)

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason="the health corpus is not on this machine")


def reading_of(answer: dict[str, Any]) -> Reading:
    latency = answer.pop("latency_ms", None)
    return read(**answer, latency=None if latency is None else timedelta(milliseconds=latency))


def outage(reading: Reading) -> bool:
    failed = reading.failed_components
    return (
        reading.state == "down" and not reading.announced and not (failed and all(map(is_peripheral, failed)))
    )


def test_the_labelled_answers_are_read_as_labelled() -> None:
    """At least 95 of 100 labelled answers get their state, their failed components, and whether it is an outage."""
    rows = [json.loads(row) for row in CORPUS.read_text().splitlines()]
    right = 0
    for row in rows:
        reading, label = reading_of(row["response"]), row["label"]
        said = (reading.state, list(reading.failed_components), "outage" if outage(reading) else "none")
        right += said == (label["state"], label["failed_components"], label["p0_category"])
    assert right >= 0.95 * len(rows)


def test_no_answer_that_is_not_up_is_read_as_up() -> None:
    """The one mistake that nobody would notice: an answer labelled down or unknown that reads as up."""
    rows = [json.loads(row) for row in CORPUS.read_text().splitlines()]
    wrong = [
        row["id"]
        for row in rows
        if row["label"]["state"] != "up" and reading_of(row["response"]).state == "up"
    ]
    assert wrong == []

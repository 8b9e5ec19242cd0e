"""Guessing: one signal out of a text of which nobody said what it is."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from rules import rows
from rules.example import HealthExample, IssueExample, ReportExample
from rules.signal import Signal

WINDOW = timedelta(minutes=5)
"""The window of an example's counts."""

_BODIES = frozenset("<[{")
"""How the body of an answer begins, and no report of a person."""

EXAMPLES: tuple[tuple[str, type[IssueExample | HealthExample | ReportExample]], ...] = (
    ("issue", IssueExample),
    ("health", HealthExample),
    ("report", ReportExample),
)


def signal_of(text: str, kind: str | None = None, status: int = 200) -> Signal:
    """A row, an issue, an example, a health body or a report as a signal. ValueError says what is wrong with it."""
    if not text.strip():
        raise ValueError("it is empty")
    document = _document(text)
    if isinstance(document, dict):
        found = _of_object(document, kind)
        if found is not None:
            return found
    if kind == "issue":
        raise ValueError("an issue is a JSON object with a title")
    if kind == "report" or (kind is None and document is None and text.lstrip()[:1] not in _BODIES):
        return rows.report_of({"text": text})
    return _health(text, status)


def _document(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # cut off, or endlessly nested: a body, if anything
        return None


def _of_object(document: dict[str, Any], kind: str | None) -> Signal | None:
    """A row or an issue by its keys; an example where every key is one's. None: it is the body of a health answer."""
    if "issue" in document:
        return rows.issue_of(document)
    if "response" in document:
        return rows.health_of(document, rows.reading_of(document))
    for name, model in EXAMPLES:
        if kind in (None, name) and (found := _example(model, document)) is not None:
            return found
    if kind == "issue" or (kind is None and "title" in document):
        return rows.issue_of({"issue": document})
    return rows.report_of(document) if kind == "report" or isinstance(document.get("text"), str) else None


def _example(
    model: type[IssueExample | HealthExample | ReportExample], document: dict[str, Any]
) -> Signal | None:
    try:
        return model.model_validate(document).signal(WINDOW)
    except ValidationError:
        return None


def _health(text: str, status: int) -> Signal:
    kind = "text/html" if text.lstrip()[:1] == "<" else "application/json"
    row = {"response": {"status": status, "headers": {"content-type": kind}, "body": text}}
    return rows.health_of({"id": "the endpoint"}, rows.reading_of(row))

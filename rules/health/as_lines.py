"""Lines of a name and a state: `database: ok`, `cache=OK`, `queue FAIL`. Read like the keys of a flat document.

A JSON list of such lines is the same: `["database: OK", "queue: FAIL"]`.
"""

from __future__ import annotations

import json
import re

from rules.health import words
from rules.health.as_json import judge
from rules.health.parts import names_component
from rules.health.reading import Answer, Reading
from rules.health.survey import survey

LINES_MAX = 200
"""A team writes a dozen."""

LINE_MAX = 300

_PAIR = re.compile(r"(?P<name>[A-Za-z][\w ./()-]{0,60}?) ?(?:[:=]|->) ?(?P<value>[^:=].*)")
_WORDS = re.compile(r"(?P<name>[A-Za-z][\w./-]{0,60}) {1,20}(?P<value>[A-Za-z]{2,20})")


def read(answer: Answer) -> Reading | None:
    """None where a line is no such pair, or none of them speaks of health."""
    rows = [" ".join(row[:LINE_MAX].split()) for row in _lines(answer)[: LINES_MAX + 1] if row.strip()]
    if not rows or len(rows) > LINES_MAX or answer.start in {"{", "<"}:
        return None
    pairs = [_pair(row) for row in rows]
    if any(pair is None for pair in pairs):
        return None
    found = survey(dict(pair for pair in pairs if pair))
    return judge(answer, found) if found.parts or found.headline else None


def _lines(answer: Answer) -> list[str]:
    """Those of a text, or of a JSON list of texts; a list of anything else has none."""
    if answer.start != "[":
        return answer.text.splitlines()
    try:
        found = json.loads(answer.text)
    except (ValueError, RecursionError):
        return []
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _pair(row: str) -> tuple[str, str] | None:
    """Without a sign between them it must be a component and a word of health: "not ok" is no pair."""
    if (found := _PAIR.fullmatch(row)) is not None:
        return found["name"].strip(), found["value"].strip()
    bare = _WORDS.fullmatch(row)
    if bare is None or not names_component(bare["name"]) or words.exact(bare["value"]) is None:
        return None
    return bare["name"], bare["value"]

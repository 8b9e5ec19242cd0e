"""One check a line, as Kubernetes writes them: `[+]ping ok`, `[-]etcd failed: reason withheld`."""

from __future__ import annotations

import re

from rules.health import words
from rules.health.parts import Part, failing, merged, whole
from rules.health.reading import Answer, Reading, lines

LINES_MAX = 1000

_CHECK = re.compile(r"\[(?P<sign>[+\-x! ]?)\] ?(?P<name>[^\s:]{1,80})(?P<rest>[^\n]{0,200})")


def read(answer: Answer) -> Reading | None:
    """None where no line is such a check."""
    parts = _checks(answer.text) if answer.start == "[" else ()
    return _of_checks(answer, parts) if parts else None


def _checks(text: str) -> tuple[Part, ...]:
    found = (_CHECK.match(row.strip()) for row in text.splitlines()[:LINES_MAX])
    return merged(
        Part(name=check["name"], state="up" if check["sign"] == "+" else "down")
        for check in found
        if check is not None and check["sign"] in {"+", "-", "x", "!"}
    )


def _of_checks(answer: Answer, parts: tuple[Part, ...]) -> Reading:
    headline = words.verdict(answer.text.splitlines()[-1])
    state = whole(headline, parts, status_failed=answer.failed) or "unknown"
    failed = lines(failing(parts)) if state != "up" else ()
    return Reading(state=state, failed_components=failed, because=tuple(f"{name} fails" for name in failed))

"""Plain text: one word or sentence."""

from __future__ import annotations

from rules.health import words
from rules.health.parts import whole
from rules.health.reading import Answer, Reading, line, unread

FULL = 200
"""The status that goes with a body; 204 goes without."""


def read(answer: Answer) -> Reading | None:
    """Any body is text; a page is not. An empty one with a good status is the shortest way to say up.

    Who announces JSON or a page and sends nothing has not said it.
    """
    if answer.start == "<":
        return None
    if not answer.text:
        return _silent(answer)
    return _of_sentence(answer)


def _silent(answer: Answer) -> Reading:
    kind = answer.headers.get("content-type", "")
    if ("json" in kind or "html" in kind) and answer.status == FULL:
        return unread(answer, "the answer is empty")
    return Reading(
        state="down" if answer.failed else "up", because=(f"it answers {answer.status} without a body",)
    )


def _of_sentence(answer: Answer) -> Reading:
    said = words.verdict(answer.text)
    state = whole(said, (), status_failed=answer.failed)
    if state is None or len(answer.text) > words.TEXT_MAX:
        return unread(answer, "the text does not speak of health")
    known = words.announces(answer.text, retry_after="retry-after" in answer.headers)
    announced = state == "down" and (known or words.leaving(answer.text))
    status = (f"it answers {answer.status}",) if answer.failed else ()
    return Reading(state=state, because=(*status, f"it says {line(answer.text)!r}"), announced=announced)

"""JSON: the documents of the usual frameworks, each by its own file; else whatever a team wrote itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from rules.health import (
    as_actuator,
    as_aspnet,
    as_cluster,
    as_consul,
    as_django,
    as_go,
    as_health_json,
    as_microprofile,
    as_spatie,
    as_statuspage,
    as_terminus,
    as_watchman,
    words,
)
from rules.health.parts import failing, whole
from rules.health.reading import Answer, Reading, lines, unread
from rules.health.stale import old_results
from rules.health.survey import Survey, survey

DOCUMENTS: tuple[Callable[[Any], Survey | None], ...] = (
    as_health_json.survey,
    as_actuator.survey,
    as_microprofile.survey,
    as_terminus.survey,
    as_aspnet.survey,
    as_spatie.survey,
    as_consul.survey,
    as_cluster.survey,
    as_statuspage.survey,
    as_django.survey,
    as_watchman.survey,
    as_go.survey,
)
"""Each knows the marks of one format and says that a document is not its own; what nobody knows is surveyed."""


def read(answer: Answer) -> Reading | None:
    """None where the body is no JSON, or a list of lines. A broken or endlessly nested one says nothing of health."""
    if answer.start not in {"{", "["} and not _is_scalar(answer.text):
        return None
    try:
        document = json.loads(answer.text)
    except RecursionError:
        return unread(answer, "the JSON is nested too deeply to be read")
    except ValueError:
        return unread(answer, "the JSON is cut off or broken")
    if (
        isinstance(document, list)
        and document
        and all(isinstance(one, str) and ":" in one for one in document)
    ):
        return None
    if isinstance(document, bool | str):
        document = {"status": document}
    found = next((known for read_as in DOCUMENTS if (known := read_as(document)) is not None), None)
    return judge(answer, found or survey(document))


def judge(answer: Answer, found: Survey) -> Reading:
    """A reading of what a document says, whatever its format was."""
    state = whole(found.headline, found.parts, status_failed=answer.failed)
    failed = lines(failing(found.parts))
    if state is None:
        return unread(answer, "the document does not speak of health")
    announced = state == "down" and (found.announced or _announced(answer))
    reading = Reading(
        state=state,
        failed_components=failed if state != "up" else (),
        because=_because(answer, found, failed),
        announced=announced,
        version=found.version,
    )
    return old_results(reading, answer, found.taken_at)


def _because(answer: Answer, found: Survey, failed: tuple[str, ...]) -> tuple[str, ...]:
    status = (f"it answers {answer.status}",) if answer.failed else ()
    says = (f"it says {found.headline}",) if found.headline else ()
    return (*status, *says, *(f"{name} fails" for name in failed))


def _announced(answer: Answer) -> bool:
    return answer.failed and words.announces(answer.text, retry_after="retry-after" in answer.headers)


def _is_scalar(text: str) -> bool:
    return text in {"true", "false", "null"} or (len(text) > 1 and text[0] == text[-1] == '"')

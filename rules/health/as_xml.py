"""XML: elements and their texts, read like the keys and values of a flat document. No parser, so no entities."""

from __future__ import annotations

import re

from rules.health.as_json import judge
from rules.health.reading import Answer, Reading
from rules.health.survey import survey

TEXT_MAX = 20_000

_LEAF = re.compile(r"<([A-Za-z_][\w.\-]{0,60})(?: [^<>]{0,500})?>([^<>]{1,300})</")


def read(answer: Answer) -> Reading | None:
    """None where the body is no XML of plain elements."""
    if answer.start != "<":
        return None
    leaves = {name: text.strip() for name, text in _LEAF.findall(answer.text[:TEXT_MAX])}
    return judge(answer, survey(leaves))

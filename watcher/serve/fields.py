"""The fields that may be sent, each with what it takes. What reads them is `body.Fields`; the document shows these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rules.guess import EXAMPLES
from rules.signal import CATEGORIES
from watcher.incident import checklist
from watcher.incident.people import NOTE_MAX
from watcher.incident.responding import PATHS
from watcher.serve.body import COUNT_MAX, NAME_MAX, NUMBER_MAX, WORD_MAX

Schema = dict[str, Any]

MATCH = ("source", "key", "system", "environment", "category", "rule")
"""What a silence may name."""
FACT_MAX = 500
"""A root cause is a sentence or two."""
KINDS = tuple(name for name, _ in EXAMPLES)
"""Of a signal."""
OUTCOMES = ("open", "resolved", "false_alarm")
STATUS_MIN, STATUS_MAX = 100, 599
"""Of a health answer."""
YES = ("1", "true")
NO = ("0", "false")

LINE: Schema = {"type": ["string", "null"], "maxLength": NAME_MAX}
WORD: Schema = {"type": "string", "minLength": 1, "maxLength": NAME_MAX}
TEXT: Schema = {"type": ["string", "null"], "maxLength": NOTE_MAX}
FACT: Schema = {"type": ["string", "null"], "maxLength": FACT_MAX}
FLAG: Schema = {"type": ["boolean", "null"]}
COUNT: Schema = {"type": ["integer", "null"], "minimum": 0, "maximum": COUNT_MAX}
MOMENT: Schema = {
    "type": ["string", "null"],
    "maxLength": NAME_MAX,
    "description": "A moment with its zone.",
    "examples": ["2026-11-25T03:14:00Z"],
}
LOCAL: Schema = {
    "type": ["string", "null"],
    "maxLength": NAME_MAX,
    "description": "A moment; in the zone of on_call where it names none.",
    "examples": ["2026-12-24 18:00", "2026-12-24T17:00:00Z"],
}
SPAN: Schema = {"type": ["string", "null"], "maxLength": NAME_MAX, "examples": ["30m", "2h", "1d"]}
BECAUSE: Schema = {"type": "string", "minLength": 1, "maxLength": FACT_MAX}


def needed_text(limit: int) -> Schema:
    """A text that has to be there."""
    return {"type": "string", "minLength": 1, "maxLength": limit}


def words(*known: str) -> Schema:
    """One of these."""
    return {"type": "string", "enum": list(known)}


FIELDS: Mapping[str, Schema] = {
    "all": words(*YES, *NO) | {"description": "The closed ones as well, newest first."},
    "as": LINE | {"description": "Who acts; the token's name where it is left out."},
    "at": MOMENT,
    "because": BECAUSE,
    "before": LINE
    | {"description": "Those before this one: the next page of a long list.", "examples": ["INC-7"]},
    "by": LINE | {"description": "The same as `as`."},
    "category": words(*CATEGORIES),
    "choice": words(*PATHS),
    "commit": {"type": ["string", "null"], "pattern": "^([0-9a-f]{40})?$"},
    "contact": LINE,
    "deployed_at": MOMENT,
    "environment": LINE,
    "for": SPAN,
    "from": LOCAL,
    "item": words(*(item.name for item in checklist.ITEMS if item.by_people)),
    "kind": {"type": ["string", "null"], "enum": [*KINDS, None]},
    "match": {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {name: {"type": "string", "minLength": 1, "maxLength": WORD_MAX} for name in MATCH},
    },
    "migration": FLAG | {"description": "Whether it changes the schema; null: not known."},
    "minutes": {"type": ["number", "null"], "exclusiveMinimum": 0, "exclusiveMaximum": NUMBER_MAX},
    "outcome": words(*OUTCOMES),
    "person": WORD,
    "previous": LINE,
    "right": {"type": "boolean"},
    "status": {"type": ["integer", "null"], "minimum": STATUS_MIN, "maximum": STATUS_MAX},
    "system": LINE,
    "text": TEXT,
    "until": MOMENT,
    "version": LINE,
}
"""By name, wherever it stands; where it takes something else, the operation says so."""

"""The one sentence that a reply may be: `ack INC-7 k7f3q2xz`, and a name where another than the addressee has it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

SENTENCE_MAX = 200
"""A longer message is a page of ours, or somebody's talk."""

_SENTENCE = re.compile(
    r"\s*ack\s+((?:INC|SUS)-[0-9]{1,9})\s+(\S{1,20})(?:\s+(\S{1,60}))?\s*", re.IGNORECASE | re.ASCII
)


@dataclass(frozen=True, slots=True)
class Reply:
    """Somebody answers the page with this code."""

    id: str
    code: str
    name: str | None = None


def read(text: str) -> Reply | None:
    """The reply in a message; None where the message is anything else. The whole message must be the sentence."""
    found = _SENTENCE.fullmatch(text) if len(text) <= SENTENCE_MAX else None
    if found is None:
        return None
    return Reply(found[1].upper(), found[2], found[3])


def written(id_: str, code: str) -> str:
    """What a person has to write."""
    return f"ack {id_} {code}"

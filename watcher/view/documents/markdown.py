"""Markdown that stays what it is: texts from outside are put in as plain words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from rules.mask import clean

TEXT_MAX = 500
SPECIAL = re.compile(r"([\\`*_\[\]<>|#@~&])")
"""What Markdown and HTML read as something else than text."""
CALLS = re.compile(r"[@#]|!(?=\d)|:(?=//)|(?i:www(?=\.)|(?<![a-z0-9])gh(?=-\d))")
"""What the hosts of pull requests read as a person, a number of theirs or an address, whatever stands before it:
a backslash does not help, as Markdown takes it away before they look. So nothing may follow it directly."""
STRUCTURE = re.compile(r"[<&]|\](?=[(\[:])")
"""Where there is no escaping: what begins a tag, an entity or a link."""
LEADS = re.compile(r"^(\d{0,9})([-+=.)])(?=\s|\2|$)")
"""What begins a list or underlines a heading."""
BREAK = "\u200b"
PROMPT = "> **To fill in:** "


def plain(text: str, limit: int = TEXT_MAX) -> str:
    """A text from outside as words on one line: no markup, no link, nobody mentioned."""
    words = SPECIAL.sub(r"\\\1", CALLS.sub(rf"\g<0>{BREAK}", _line(text, limit)))
    return LEADS.sub(r"\1\\\2", words)


def title(text: str, limit: int = TEXT_MAX) -> str:
    """The same for a field that is no Markdown, where a backslash would be seen; safe as a heading too."""
    words = CALLS.sub(rf"\g<0>{BREAK}", _line(text, limit).replace("`", "'"))
    return STRUCTURE.sub(rf"\g<0>{BREAK}", words)


def _line(text: str, limit: int) -> str:
    return " ".join(clean(text, limit).split())


def prompt(question: str) -> str:
    """What only people know."""
    return f"{PROMPT}{question}"


def bullets(lines: Iterable[str]) -> list[str]:
    return [f"- {line}" for line in lines]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; its cells are Markdown already."""
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def day(at: datetime) -> str:
    """2026-11-25."""
    return f"{at:%Y-%m-%d}"


def moment(at: datetime) -> str:
    """2026-11-25 03:14 UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def text(*parts: str | Iterable[str]) -> str:
    """Parts, one blank line apart; an empty one is left out."""
    whole = (part if isinstance(part, str) else "\n".join(part) for part in parts)
    return "\n\n".join(part for part in whole if part) + "\n"

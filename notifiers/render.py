"""A page as text for a phone: a title that begins with the incident's id, the lines, then how to acknowledge. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from html import escape

from notifiers.page import Page
from notifiers.safe_text import safe_line

TITLE_MAX = 160
"""A lock screen shows about this much of a title."""
LINE_MAX = 280
"""One thought a line; what is longer is a stack trace, and belongs on the incident's page."""
LINES_MAX = 14
"""What a person reads before acting; also keeps the body below every chat's limit."""
TITLE_LEAST = 32
"""The id and "possibly a repeat": where a message holds no more."""
BODY_MAX = 1800
"""Discord takes 2000 characters, title included in some forms; Telegram 4096 after escaping."""
_BETWEEN = "\r\n"  # what Apprise puts between a title and a body
OLD = timedelta(minutes=1)
"""A page that left within a minute was on time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What is sent: plain text, safe to show."""

    title: str
    body: str


def render(page: Page, *, title_room: int = TITLE_MAX, body_room: int = BODY_MAX) -> Rendered:
    """The page as text within the room that the service offers (characters). It never fails: a plain page beats none."""
    try:
        title = _title(page, min(title_room, TITLE_MAX))
        return Rendered(title=title, body=_body(page, min(body_room, BODY_MAX)))
    except Exception:  # noqa: BLE001 - whatever is wrong with its texts, the page goes out
        return _plainest(page, min(title_room, TITLE_MAX), min(body_room, BODY_MAX))


def fitted(page: Page, *, title_max: int, body_max: int) -> Rendered:
    """The page for a service of these limits; without titles (0) the title stands in the body's room, above it.

    There a short message is shared so that the way to acknowledge keeps its place.
    """
    if title_max > 0:
        return render(page, title_room=title_max, body_room=body_max)
    answer = len(_answer(page, body_max))
    title_room = max(TITLE_LEAST, min(TITLE_MAX, body_max // 3, body_max - answer - len(_BETWEEN)))
    return render(page, title_room=title_room, body_room=body_max - title_room - len(_BETWEEN))


_SPOKEN = re.compile(r"[A-Z]{2,8}-[0-9]{1,9}")


def incident_of(page: Page) -> str:
    """The id that people speak of: INC-1042 of the delivery INC-1042/3@ann-phone; none where there is nothing to answer."""
    id_ = page.id.partition("/")[0]
    return id_ if _SPOKEN.fullmatch(id_) else ""


def _title(page: Page, room: int) -> str:
    """The id first and the marks last; what is cut is the middle, and then the age."""
    id_ = incident_of(page)
    said = page.title[len(id_) :] if _begins_with(page.title, id_) else page.title
    head = f"{id_} DRILL".lstrip() if page.drill else id_
    marks = _marks(page, room - len(head) - 1)
    left = room - len(head) - len(marks) - 2
    middle = safe_line(said, left, hosts=page.hosts) if left > 0 else ""
    return " ".join(part for part in (head, middle, marks) if part)


def _begins_with(title: str, id_: str) -> bool:
    """INC-104 is not the beginning of INC-1042."""
    return bool(id_) and title.startswith(id_) and not title[len(id_) :][:1].isalnum()


def _marks(page: Page, room: int) -> str:
    marks = ["possibly a repeat"] if page.repeat else []
    if page.age >= OLD:
        marks.append(f"due {_spell(page.age)} ago")
    whole = f"({', '.join(marks)})" if marks else ""
    return whole if len(whole) <= room else f"({marks[0]})"[: max(0, room)]


def _body(page: Page, room: int) -> str:
    drill = ["This is a drill."] if page.drill else []
    lines = [*drill, *(safe_line(line, LINE_MAX, hosts=page.hosts) for line in page.lines[:LINES_MAX])]
    if len(page.lines) > LINES_MAX:
        lines.append(f"and {len(page.lines) - LINES_MAX} more lines")
    answer = _answer(page, room)
    said = _fitting("\n".join(lines), room - _weight(answer) - 2)
    return f"{said}\n\n{answer}" if said and answer else said or answer


def _answer(page: Page, room: int) -> str:
    """How to acknowledge, as it stands: it is ours, and must work when tapped or copied."""
    ways = [f"Acknowledge: {page.link}"] if page.link else []
    ways += [f"Acknowledge by typing: {page.command}"] if page.command else []
    return next((way for way in ways if len(way) <= room), "")


def _fitting(text: str, room: int) -> str:
    """Cut by what the text weighs once a service has escaped it: else the service cuts, and cuts off our link."""
    if _weight(text) <= room:
        return text
    kept, left = 0, room - 1
    while kept < len(text) and (left := left - _weight(text[kept])) >= 0:
        kept += 1
    return text[:kept].rstrip() + "\u2026" if room > 0 else ""


def _weight(text: str) -> int:
    """Characters as Telegram counts them: escaped for HTML, in UTF-16."""
    return len(escape(text, quote=False).encode("utf-16-le", "surrogatepass")) // 2


def _spell(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    if minutes < 120:  # noqa: PLR2004 - two hours
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def _plainest(page: Page, title_room: int, body_room: int) -> Rendered:
    """Letters, digits and a few marks of the title; then how to acknowledge."""
    title = f"{_letters(page.id).partition('/')[0]} {_letters(page.title)}"
    answer = str(page.link or page.command)
    body = f"This page could not be written out. See the incident. {answer}"
    return Rendered(title=title[:title_room], body=body if len(body) <= body_room else answer[:body_room])


def _letters(text: object) -> str:
    return "".join(c for c in str(text)[:TITLE_MAX] if c.isascii() and (c.isalnum() or c in " -:/,."))

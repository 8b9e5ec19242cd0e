"""Pages: seldom of health. Challenges, sign-in pages, error pages of servers and networks of delivery."""

from __future__ import annotations

import re

from rules.health import words
from rules.health.reading import Answer, Reading, line, unread

PAGE_MAX = 20_000
"""What kind of page it is shows at its beginning."""

_TAG = re.compile(r"<[^<>]*>")
_TITLE = re.compile(r"<title[^<>]*>([^<]{0,300})")
_CHALLENGE = re.compile(
    r"just a moment|attention required|checking your browser|enable javascript and cookies|verify you are (?:a )?human"
    r"|ddos protection|captcha|access denied|request blocked|incident id|ray id.{0,40}blocked"
)
_SIGN_IN = re.compile(r"type=[\"']?password|\b(?:sign|log)[ -]?in\b|\blogin\b|single sign-on")


def read(answer: Answer) -> Reading | None:
    """None where the body is no page."""
    if answer.start != "<" or not _looks_like_page(answer):
        return None
    page = answer.text[:PAGE_MAX].casefold()
    title, shown = _title(page), _visible(page)
    if _CHALLENGE.search(title) or _CHALLENGE.search(shown[:2000]):
        return Reading(state="unknown", because=("a challenge or a firewall answers in its place",))
    if answer.failed:
        return _failure(answer, title, shown)
    return _good_page(page, title, shown, answer)


def _looks_like_page(answer: Answer) -> bool:
    head = answer.text[:2000].casefold()
    return "html" in answer.headers.get("content-type", "") or "<!doctype html" in head or "<html" in head


def _failure(answer: Answer, title: str, shown: str) -> Reading:
    announced = words.announces(f"{title} {shown}", retry_after="retry-after" in answer.headers)
    because = (f"it answers {answer.status}", *((f"the page is titled {line(title)!r}",) if title else ()))
    return Reading(state="down", because=because, announced=announced)


def _good_page(page: str, title: str, shown: str, answer: Answer) -> Reading:
    if _SIGN_IN.search(page):
        return unread(answer, "a sign-in page answers in its place")
    said = words.verdict(shown) if len(shown) <= words.TEXT_MAX and words.begins_with_verdict(shown) else None
    if said is None:
        return unread(answer, f"a page answers in its place{f', titled {line(title)!r}' if title else ''}")
    return Reading(state=said, because=(f"it says {line(shown)!r}",))


def _title(page: str) -> str:
    found = _TITLE.search(page)
    return found[1].strip() if found else ""


def _visible(page: str) -> str:
    """The text of a page without its title, scripts and styles."""
    for name in ("title", "script", "style", "svg"):
        page = _without(page, name)
    return " ".join(_TAG.sub(" ", page).split())


def _without(page: str, name: str) -> str:
    """The page without one kind of element; what is never closed reaches to the end. One pass, whatever it holds."""
    kept, at = [], 0
    while (opens := page.find(f"<{name}", at)) >= 0:
        kept.append(page[at:opens])
        closes = page.find(f"</{name}", opens)
        if closes < 0:
            return "".join(kept)
        at = closes
    return "".join((*kept, page[at:]))

"""The history: every incident that there ever was, newest first, by category, outcome and month; from the milestones."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rules.signal import CATEGORIES
from watcher.incident.machines import stream_of
from watcher.log import Past
from watcher.serve.asking import read
from watcher.serve.fields import OUTCOMES
from watcher.serve.metrics.windows import WINDOWS
from watcher.serve.problem import Problem
from watcher.serve.web.hall import Hall
from watcher.serve.web.overview import SHOWN, times
from watcher.view import summary

ROWS = 25
"""A screen or two on a phone."""
MONTHS = 36
"""Offered to choose from; a log is kept for two years."""
MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


def routes(hall: Hall) -> list[Route]:
    async def shown(request: Request) -> Response:
        return await _shown(hall, request)

    return [Route("/history", shown, methods=["GET"])]


async def _shown(hall: Hall, request: Request) -> Response:
    asked = {name: request.query_params.get(name, "") for name in ("category", "outcome", "month")}
    before = request.query_params.get("before", "")
    past = _past(asked, before)
    rows = await read(hall.desk, lambda log: log.history("incident", past))
    listed = [summary.listed(row) for row in rows[:ROWS]]
    window = request.query_params.get("window", SHOWN)
    window = window if window in WINDOWS else SHOWN
    values = {
        "rows": listed,
        "asked": asked,
        "older": _older(asked, listed[-1]["id"]) if len(rows) > ROWS else "",
        "first": not before,
        "categories": CATEGORIES,
        "outcomes": OUTCOMES,
        "months": _months(hall.desk.clock.now()),
        "windows": list(WINDOWS),
        "window": window,
        "times": times(hall.desk.windows()[window]),
    }
    async with hall.alone():
        return hall.page(request, "history.html", **values)


def _past(asked: dict[str, str], before: str) -> Past:
    """What is asked for. Raises Problem 400 where there can be no such thing."""
    category, outcome, month = asked["category"], asked["outcome"], MONTH.fullmatch(asked["month"])
    known = category in ("", *CATEGORIES) and outcome in ("", *OUTCOMES) and (month or not asked["month"])
    stream = stream_of(before) if before else None
    if not known or (before and stream is None):
        raise Problem(400, "there is no such filter; choose one of those that are offered")
    begin = datetime(int(month[1]), int(month[2]), 1, tzinfo=UTC) if month else None
    return Past(
        limit=ROWS + 1,
        before=stream,
        category=category or None,
        outcome=outcome or None,
        since=begin,
        until=_following(begin) if begin else None,
    )


def _following(month: datetime) -> datetime:
    years, rest = divmod(month.month, 12)
    return month.replace(year=month.year + years, month=rest + 1)


def _months(now: datetime) -> list[str]:
    """Newest first."""
    last = now.year * 12 + now.month - 1
    return [f"{n // 12}-{n % 12 + 1:02}" for n in range(last, last - MONTHS, -1)]


def _older(asked: dict[str, Any], last: str) -> str:
    return "/history?" + urlencode({**{k: v for k, v in asked.items() if v}, "before": last})

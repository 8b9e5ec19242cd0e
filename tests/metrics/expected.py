"""What each panel must show, by its title and the letter of its question. `since` is the newest fact of the baseline."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.metrics.facts import DAY, Facts, zeros
from tests.metrics.prometheus import Answer

CATEGORIES = ("authentication", "data-loss", "payments", "security", "outage")
MILESTONES = ("detect", "page", "acknowledge", "decide", "restore", "resolve", "restore_after_deploy")
WINDOWS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
STATS = ("median", "p90", "max")
TARGETS = ("ann-phone", "chat")
TARGET = 7200
WEEKS = 26
CHOICES, DECISIONS = ("rollback", "hotfix", "undecided"), ("rollback", "hotfix", "other")
CHECKPOINTS = (
    *("received", "assessed", "decided", "stakeholders", "fix-approved", "rolled-back"),
    *("deployed-verified", "smoke-tested", "announced", "complete"),
)

Expected = Callable[[Facts, str, int], Answer]
"""The log, the window, the newest fact of the baseline."""


def one(value: float | None) -> Answer:
    return {} if value is None else {(): float(value)}


def labelled(**labels: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))


def stat(milestone: str, name: str, log: Facts, window: str, _: int) -> Answer:
    return one(log.stats(milestone, "all", WINDOWS[window]).get(name))


def per_category(milestone: str, log: Facts, window: str, _: int) -> Answer:
    return {
        labelled(category=category, stat=name): value
        for category in CATEGORIES
        for name, value in log.stats(milestone, category, WINDOWS[window]).items()
        if name != "n"
    }


def many_by_category(log: Facts, window: str, _: int) -> Answer:
    return {
        labelled(category=category, milestone=milestone): log.stats(milestone, category, WINDOWS[window])["n"]
        for category in CATEGORIES
        for milestone in ("detect", "acknowledge", "restore")
    }


def per_milestone(log: Facts, window: str, _: int) -> Answer:
    return {
        labelled(milestone=milestone, stat=name): value
        for milestone in MILESTONES
        for name, value in log.stats(milestone, "all", WINDOWS[window]).items()
        if name != "n"
    }


def per_window(log: Facts, _: str, __: int) -> Answer:
    return {
        labelled(window=window, stat=name): value
        for window, days in WINDOWS.items()
        for name, value in log.stats("restore", "all", days).items()
        if name != "n"
    }


def many_by_window(log: Facts, _: str, __: int) -> Answer:
    return {
        labelled(window=window, milestone=milestone): log.stats(milestone, "all", days)["n"]
        for window, days in WINDOWS.items()
        for milestone in MILESTONES
    }


OPEN = "FROM incident WHERE closed IS NULL"
PAST = f"SELECT count(*) {OPEN} AND mitigated IS NULL AND ? - detected > {TARGET}"
IN_TIME = f"SELECT count(*) FROM took WHERE milestone = 'restore' AND category = ? AND closed >= ? AND seconds <= {TARGET}"


def share(log: Facts, category: str, window: str) -> float | None:
    began = log.now - WINDOWS[window] * DAY
    only = "" if category == "all" else f" AND category = '{category}'"
    past = log.number(PAST + only, log.now)
    n = log.stats("restore", category, WINDOWS[window])["n"] + past
    return log.number(IN_TIME, category, began) / n if n else None


def share_by_category(log: Facts, window: str, _: int) -> Answer:
    found = {category: share(log, category, window) for category in CATEGORIES}
    return {labelled(category=category): value for category, value in found.items() if value is not None}


def weekly(log: Facts, _: str, __: int) -> Answer:
    monday = "date(at, 'unixepoch', '-6 days', 'weekday 1')"
    this = log.rows("SELECT date(?, 'unixepoch', '-6 days', 'weekday 1')", log.now)[0][0]
    weeks = [log.rows("SELECT date(?, ?)", this, f"-{7 * n} days")[0][0] for n in range(WEEKS)]
    sql = f"""SELECT count(*), {monday}, category FROM incident
        WHERE coalesce(outcome, '') <> 'false_alarm' AND {monday} >= ? GROUP BY 2, 3"""
    return zeros(("week", "category"), weeks, CATEGORIES) | log.counted(("week", "category"), sql, weeks[-1])


def buckets(log: Facts, _: str, __: int) -> Answer:
    bounds = (30, 60, 120, 180, 300, 600, 900, 1800, 2700, 3600, 5400, 7200, 10800, 14400, 28800, 86400)
    sql = "SELECT count(*) FROM took WHERE milestone = 'restore' AND category = 'all' AND seconds <= ?"
    found = {labelled(le=str(float(bound))): log.number(sql, bound) for bound in bounds}
    return found | {labelled(le="+Inf"): log.number(sql, 1e18)}


def grown(labels: tuple[str, ...], sql: str, zero: Answer, log: Facts, _: str, since: int) -> Answer:
    return zero | log.counted(labels, sql, since)


def total(sql: str, log: Facts, _: str, since: int) -> Answer:
    return one(log.number(sql, since))


def facts_of(type_: str, *fields: str, where: str = "class = 'real'") -> str:
    said = "".join(f", body ->> '{field}'" for field in fields)
    places = ", ".join(str(n + 2) for n, _ in enumerate(fields))
    return f"SELECT count(*){said} FROM fact WHERE type = '{type_}' AND {where} AND seq > ? GROUP BY {places}"


CLOSED = """
SELECT count(*), body ->> 'outcome', CASE body ->> 'deployment_caused' WHEN 1 THEN 'true' WHEN 0 THEN 'false'
    ELSE 'unknown' END FROM fact WHERE type = 'Closed' AND class = 'real' AND seq > ? GROUP BY 2, 3
"""
FOLLOWED = """
SELECT count(*), body ->> 'choice', CASE WHEN body ->> 'recommended' = 'undecided' THEN 'none'
    WHEN body ->> 'recommended' = body ->> 'choice' THEN 'true' ELSE 'false' END
    FROM fact WHERE type = 'Decided' AND class = 'real' AND seq > ? GROUP BY 2, 3
"""
REACHED = """
SELECT count(*), body ->> 'checkpoint', CASE type WHEN 'CheckpointMet' THEN 'met' ELSE 'missed' END FROM fact
    WHERE type IN ('CheckpointMet', 'CheckpointMissed') AND body ->> 'late' IS NULL AND class = 'real' AND seq > ?
    GROUP BY 2, 3
"""
DELIVERED = """
SELECT count(*), body ->> 'target', CASE WHEN type = 'PageAccepted' THEN 'accepted'
    WHEN body ->> 'unknown' = 1 THEN 'unknown' ELSE 'refused' END FROM fact
    WHERE type IN ('PageAccepted', 'PageFailed') AND class = 'real' AND seq > ? GROUP BY 2, 3
"""
JUDGED = """
SELECT count(*), CASE body ->> 'right' WHEN 1 THEN 'right' ELSE 'wrong' END FROM fact
    WHERE type = 'Judged' AND class = 'real' AND seq > ? GROUP BY 2
"""
RUNGS = """
SELECT count(*), (body ->> 'ladder') || '-' || ((body ->> 'rung') + 1) FROM fact
    WHERE type = 'Escalated' AND class = 'real' AND seq > ? GROUP BY 2
"""
SUSPECTED = """
SELECT count(*), lower(type) FROM fact WHERE type IN ('Suspected', 'Confirmed', 'Dismissed') AND seq > ? GROUP BY 2
"""
ADVISED = """
SELECT count(*), coalesce(recommended, 'none'), coalesce(chosen, 'none') FROM incident
    WHERE outcome = 'resolved' AND closed >= ? GROUP BY 2, 3
"""
NONE = ("none",)


def advised(log: Facts, window: str, _: int) -> Answer:
    labels = ("recommendation", "decision")
    zero = zeros(labels, CHOICES + NONE, DECISIONS + NONE)
    return zero | log.counted(labels, ADVISED, log.now - WINDOWS[window] * DAY)


def followed(log: Facts, window: str, since: int) -> Answer:
    found = advised(log, window, since)
    clear = {k: n for k, n in found.items() if dict(k)["recommendation"] in ("rollback", "hotfix")}
    of = sum(n for k, n in clear.items() if dict(k)["decision"] != "none")
    right = sum(n for k, n in clear.items() if dict(k)["recommendation"] == dict(k)["decision"])
    return one(right / of if of else None)


def oldest(log: Facts, _: str, __: int) -> Answer:
    began = log.rows(f"SELECT min(started) {OPEN}")[0][0]
    return one(log.now - began if began else None)


def open_now(log: Facts, _: str, __: int) -> Answer:
    return zeros(("category",), CATEGORIES) | log.counted(
        ("category",), f"SELECT count(*), category {OPEN} GROUP BY 2"
    )


def last_taken(log: Facts, _: str, __: int) -> Answer:
    sql = "SELECT max(at) * 1000, body ->> 'target' FROM fact WHERE type = 'PageAccepted' AND class = 'real' GROUP BY 2"
    return log.counted(("target",), sql)


def at_a_glance(title: str, milestone: str) -> dict[tuple[str, str], Expected]:
    letters = zip("ABC", STATS, strict=True)
    tiles: dict[tuple[str, str], Expected] = {
        (title, ref): partial(stat, milestone, name) for ref, name in letters
    }
    return tiles | {(f"n ({milestone.rpartition('_')[2]})", "A"): partial(stat, milestone, "n")}


ZERO_RUNGS = zeros(("rung",), ("unacknowledged-2", "unmitigated-1", "unmitigated-2"))
EXPECTED: dict[tuple[str, str], Expected] = {
    ("Open incidents", "A"): lambda log, _, __: one(log.number(f"SELECT count(*) {OPEN}")),
    ("The oldest lasts at least", "A"): oldest,
    ("Past the two hours", "A"): lambda log, _, __: one(log.number(PAST, log.now)),
    **at_a_glance("Time to restore (MTTR)", "restore"),
    **at_a_glance("Time to acknowledge (MTTA)", "acknowledge"),
    **at_a_glance("Time to detect (MTTD)", "detect"),
    **at_a_glance("Restored after a deployment", "restore_after_deploy"),
    ("MTTR by category", "A"): partial(per_category, "restore"),
    ("MTTA by category", "A"): partial(per_category, "acknowledge"),
    ("MTTD by category", "A"): partial(per_category, "detect"),
    ("n by category", "A"): many_by_category,
    ("Every milestone", "A"): per_milestone,
    ("MTTR by window", "A"): per_window,
    ("n by milestone and window", "A"): many_by_window,
    ("Within two hours, at most", "A"): lambda log, window, _: one(share(log, "all", window)),
    ("by category", "A"): share_by_category,
    ("Incidents by week", "A"): weekly,
    ("Time to restore, all incidents", "A"): buckets,
    ("Closed in this range", "A"): partial(
        grown,
        ("outcome", "deployment_caused"),
        CLOSED,
        zeros(("outcome", "deployment_caused"), ("resolved", "false_alarm"), ("true", "false", "unknown")),
    ),
    ("Open over time", "A"): open_now,
    ("Opened in this range", "A"): partial(
        grown, ("category",), facts_of("Opened", "category"), zeros(("category",), CATEGORIES)
    ),
    ("Came back", "A"): partial(
        total, "SELECT count(*) FROM fact WHERE type = 'Reopened' AND class = 'real' AND seq > ?"
    ),
    ("Suspicions in this range", "A"): partial(
        grown, ("outcome",), SUSPECTED, zeros(("outcome",), ("suspected", "confirmed", "dismissed"))
    ),
    ("Recommended, and decided: incidents resolved within $window", "A"): advised,
    ("Followed, of what was recommended", "A"): followed,
    ("Decisions in this range", "A"): partial(
        grown,
        ("choice", "followed"),
        FOLLOWED,
        zeros(("choice", "followed"), DECISIONS, ("true", "false", "none")),
    ),
    ("Recommendations in this range", "A"): partial(
        grown, ("recommendation",), facts_of("Recommended", "choice"), zeros(("recommendation",), CHOICES)
    ),
    ("Recommendations in this range", "B"): partial(
        grown, ("verdict",), JUDGED, zeros(("verdict",), ("right", "wrong"))
    ),
    ("Checkpoints in this range", "A"): partial(
        grown,
        ("checkpoint", "outcome"),
        REACHED,
        zeros(("checkpoint", "outcome"), CHECKPOINTS, ("met", "missed")),
    ),
    ("Rungs in this range", "A"): partial(grown, ("rung",), RUNGS, ZERO_RUNGS),
    ("Rungs that reached nobody", "A"): partial(
        total, "SELECT count(*) FROM fact WHERE type = 'ReachedNobody' AND class = 'real' AND seq > ?"
    ),
    ("Deliveries in this range", "A"): partial(
        grown,
        ("target", "outcome"),
        DELIVERED,
        zeros(("target", "outcome"), TARGETS, ("accepted", "refused", "unknown")),
    ),
    ("Last taken", "A"): last_taken,
    ("Last drill", "A"): lambda log, _, __: one(
        1000 * log.number("SELECT max(at) FROM fact WHERE type = 'DrillAnswered'")
    ),
}
"""Panels whose answer the log holds."""

"""How far the response has come, for the terminal: the clock, what is deployed, what is said, what is left to tick."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from watcher.cli.moment import spelled

MINUTE = timedelta(minutes=1)
VERIFIED: dict[str, str] = {
    "passed": "verified",
    "failed": "DOES NOT HOLD",
    "quiet": "quiet, and not verified: no traffic seen. Try what was broken, then: watcher tick {id} verified",
    "not seen": "not verified: nothing sees what failed. Try it, then: watcher tick {id} verified",
    "under way": "being verified",
    "ended": "not verified",
}
"""By the word that the daemon has for it."""


def course(it: dict[str, Any], now: datetime) -> list[str]:
    """The whole section; of a suspicion, none."""
    if "checkpoints" not in it:
        return []
    over = it.get("closed_at") is not None
    parts = (_clock(it, now), _deployment(it), _stakeholders(it, over=over), _open(it, over=over))
    return ["", *(line for part in parts for line in part)]


def _clock(it: dict[str, Any], now: datetime) -> list[str]:
    """The minute, the target, what is due next, what was missed."""
    began, target = datetime.fromisoformat(it["detected_at"]), datetime.fromisoformat(it["target_at"])
    mitigated, ended = it.get("mitigated_at"), it.get("mitigated_at") or it.get("closed_at")
    whole = (target - began) // MINUTE
    if ended is not None:
        word = "over" if mitigated else "closed, and never seen restored,"
        lines = [
            f"Clock: {word} after {spell(datetime.fromisoformat(ended) - began)} of {spell(target - began)}"
        ]
    else:
        lines = [
            f"Clock: minute {(now - began) // MINUTE} of {whole}; the target is {spelled(it['target_at'])}"
        ]
    upcoming = it.get("next_checkpoint")
    if upcoming:
        left = spell(datetime.fromisoformat(upcoming["due_at"]) - now)
        lines.append(f"  next by {spelled(upcoming['due_at'])} (in {left}): {upcoming['asks']}")
    missed = (one for one in it["checkpoints"] if one["standing"] == "missed")
    return [*lines, *(f"  missed: {one['asks']} (was due {spelled(one['due_at'])})" for one in missed)]


def spell(span: timedelta) -> str:
    """A span as people say it: 59 s, 14 min, 1 h 5 min."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _deployment(it: dict[str, Any]) -> list[str]:
    found = it.get("deployment")
    if not found:
        return []
    lines = []
    if "version" in found:
        what = found["version"] or "something that nobody named"
        way = "rolled back to" if found["path"] == "rollback" else "deployed"
        lines.append(f"Fix: {way} {what} at {spelled(found['deployed_at'])} by {found['by']}: {_holds(it)}")
        lines += [f"  {line}" for line in _proving(it)]
        lines += [f"  {line}" for line in found["because"]]
        if found.get("behind"):
            lines.append(f"  production is behind {found['behind']}: a newer release has to follow")
    if found.get("proposed"):
        typed = f"watcher deployed {it['id']} --version {found['proposed']}"
        lines.append(f"Fix: {found['proposed']} went out. If that is it: {typed}")
    return lines


def _holds(it: dict[str, Any]) -> str:
    """Whether it does, in words."""
    word = str(it["deployment"]["verification"])
    return VERIFIED.get(word, word).replace("{id}", str(it["id"]))


def is_proving(it: dict[str, Any]) -> bool:
    """Whether something is out of which nobody knows yet whether it holds."""
    return bool((it.get("deployment") or {}).get("proving"))


def proving(it: dict[str, Any]) -> list[str]:
    """What is being verified, and what is seen of it: for who acts while it lasts."""
    found = it["deployment"]
    what = found.get("version") or "what was deployed"
    return [f"{what} (out since {spelled(found['deployed_at'])}): {_holds(it)}", *_proving(it)]


def _proving(it: dict[str, Any]) -> list[str]:
    """What fails; or since when all is clean, and until when it has to be."""
    found = it["deployment"]
    seen = found.get("proving")
    if not seen or found["verification"] != "under way":
        return []  # the other words say what is to be done
    if seen["failing"]:
        counts = f"what fails after {spelled(seen['settles_at'])} counts against it"
        return [*(f"fails so far: {title}" for title in seen["failing"]), counts]
    if not seen["clean_since"]:
        return [f"nothing measures what people said: {_tried(it)}"]
    clean, enough = spelled(seen["clean_since"]), spelled(seen["enough_at"])
    if seen["clean_proves"]:
        return [f"clean since {clean}: it holds at {enough} if it stays clean"]
    return [f"clean since {clean}, and nothing shows that it is in use: {_tried(it)}"]


def _tried(it: dict[str, Any]) -> str:
    return f"try what was broken, then: watcher tick {it['id']} verified"


def _stakeholders(it: dict[str, Any], *, over: bool) -> list[str]:
    updates = it.get("updates") or {}
    if updates.get("held_back"):
        return [f"Stakeholders: told nothing until somebody says: watcher release {it['id']}"]
    sent, following = updates.get("sent") or [], updates.get("next_at")
    if not sent and not following:
        return []
    last = f'told "{sent[-1]["message"]}" at {spelled(sent[-1]["at"])}' if sent else "not told yet"
    due = f"; next update by {spelled(following)}" if following and not over else ""
    return [f"Stakeholders: {last}{due}"]


def _open(it: dict[str, Any], *, over: bool) -> list[str]:
    """What people are to tick; while it lasts only that."""
    items = [
        one["item"]
        for one in it.get("checklist", ())
        if not one["done"] and one["can_tick"] and not (over and one["phase"] != "after")
    ]
    return [f"To tick (watcher tick {it['id']} ITEM): {', '.join(items)}"] if items else []

"""What people read: the daemon's answers as lines of text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from watcher.cli import duty
from watcher.cli.course import course, is_proving, proving
from watcher.cli.moment import spelled

AGO_MAX_SECONDS = 600.0
FAILING_SHOWN = 5
OVER = ("watching", "resolved", "false_alarm")
QUIET_AFTER = {"resolved": "10 min", "false_alarm": "24 h"}
"""How long what still fails opens nothing, as the daemon keeps it (imported here it would cost the daemon's imports)."""


def status(found: dict[str, Any], now: datetime) -> str:
    """Whether it watches, what it sees, what is open."""
    head = "watching" if found["ok"] else "NOT WATCHING: the engine does not turn"
    if found.get("turning", found["ok"]) and found.get("complaints"):
        head = "NOT WELL: " + "; ".join(found["complaints"])
    lines = [
        f"{found['service']}: {head}, watcher {found['version']}, last turn {_ago(found['turned_at'], now)}"
    ]
    lines += [f"  {_source(source)}" for source in found["sources"]]
    lines += [f"  {duty.brief(found['on_call'])}"] if "on_call" in found else []
    lines += [f"  {line}" for line in duty.overrides(found)] if "overrides" in found else []
    lines += [f"  silence {_silence(silence)}" for silence in found["silences"]]
    if found["pages_pending"]:
        lines.append(f"  {found['pages_pending']} pages still owed")
    lines += _served(found.get("advice"))
    return "\n".join([*lines, incidents(found)])


def _served(advice: dict[str, int] | None) -> list[str]:
    """How the recommendations served; nothing while nobody has decided or judged."""
    if not advice or not any(advice.values()):
        return []
    followed = f"followed {advice['followed']}, not followed {advice['not_followed']}"
    alone = f", decided without one {advice['unadvised']}" if advice["unadvised"] else ""
    return [f"  recommendations: {followed}{alone}; judged right {advice['right']}, wrong {advice['wrong']}"]


def _source(source: dict[str, Any]) -> str:
    if source["state"] == "blind":
        detail = f": {source['detail']}" if source["detail"] else ""
        return f"{source['name']}  BLIND since {spelled(source['blind_since'])} ({source['reason']}{detail})"
    looked = f", looked {spelled(source['looked_at'])}" if source["looked_at"] else ""
    return f"{source['name']}  {source.get('health') or source['state']}{looked}"


def _match(match: dict[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in match.items())


def incidents(found: dict[str, Any]) -> str:
    """One line each."""
    lines = [listed(it) for it in (*found["incidents"], *found["suspicions"])]
    return "\n".join(lines) if lines else "nothing is open"


def listed(it: dict[str, Any]) -> str:
    """One incident or suspicion in a line."""
    mark, title = (
        ("  DRILL", str(it["title"]).removeprefix("DRILL: ")) if it.get("drill") else ("", it["title"])
    )
    since = f", since {spelled(it['detected_at'])}"
    return f"{it['id']}{mark}  {it['category']}  {it['status'].replace('_', ' ')}{_taken(it)}{since}: {title}"


def _taken(it: dict[str, Any]) -> str:
    """Who has it, until when; once it is closed, nobody needs to."""
    if not it.get("acknowledged_by") or it.get("closed_at"):
        return ""
    until = it.get("acknowledged_until")
    return f", {it['acknowledged_by']} has it" + (f" until {spelled(until)}" if until else "")


def one(it: dict[str, Any], now: datetime) -> str:
    """One incident: what, what to do, how far it is, who was reached, what happened."""
    lines = [listed(it)]
    lines += _advice(it)
    lines += course(it, now)
    receipts = _receipts(it["pages"])
    lines += ["", "Last page to each target:", *receipts] if receipts else []
    lines += ["", *(f"{spelled(line['at'], seconds=True)}  {line['text']}" for line in it["timeline"])]
    return "\n".join(lines)


def _advice(it: dict[str, Any]) -> list[str]:
    """What to do, why, and the commands to type. Once it is over, only the commands of what is left to be done.

    While something is being verified no other thing is advised: `course` says how far that is.
    """
    advice = it.get("recommendation")
    if is_proving(it):
        return _commands(it) if _fits(it) else []
    if not advice or it["status"] in OVER:
        return _commands(it) if advice and it["status"] == "watching" else []
    lines = ["", advice["headline"], *(f"  because {reason}" for reason in advice["because"])]
    lines += [f"  blocker: {blocker}" for blocker in advice["blockers"]]
    lines += [f"  would decide it: {missing}" for missing in advice["missing"]]
    lines += [f"  the protocol's letter says: {advice['letter']}"] if _differs(advice) else []
    return lines + _commands(it)


def _fits(it: dict[str, Any]) -> bool:
    """Whether the commands are of what is being verified: how to look at it, how to undo it."""
    chosen = it.get("decided") or it.get("recommendation") or {}
    return bool(chosen.get("choice") == it["deployment"]["path"])


def _commands(it: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for command in it.get("commands", ()):
        lines += ["", f"# {command['title']}", *command["text"].splitlines()]
    return lines


def stated(found: dict[str, Any]) -> str:
    """What was stated, and what to do now."""
    return "\n".join([acted(found), *_verified(found), *_advice(found)])


def decided(found: dict[str, Any]) -> str:
    """What was decided, and the commands for it."""
    return "\n".join([acted(found), *_commands(found)])


def went_on(found: dict[str, Any]) -> str:
    """What was done, what is seen of what is out, and what comes next."""
    upcoming = found.get("next_checkpoint")
    due = f"Next, by {spelled(upcoming['due_at'])}: {upcoming['asks']}." if upcoming else ""
    return "\n".join([acted(found), *_verified(found), *([due] if due else [])])


def _verified(found: dict[str, Any]) -> list[str]:
    return proving(found) if is_proving(found) else []


def _differs(advice: dict[str, Any]) -> bool:
    agreeing = "undetermined-needs-human" if advice["choice"] == "undecided" else advice["choice"]
    return bool(advice["letter"] != agreeing)


def _receipts(pages: list[dict[str, Any]]) -> list[str]:
    newest = {target: receipt for page in pages for target, receipt in page["receipts"].items()}
    return [
        f"  {target}: {r['state']}" + (f" ({r['contact']})" if r["contact"] else "")
        for target, r in newest.items()
    ]


def acted(found: dict[str, Any]) -> str:
    """What came of a command."""
    lines = [f"{found['id']}: {line}" for line in found["said"] or ["nothing changed"]]
    if found.get("status") == "resolved" and found.get("recommendation") and not found.get("judged"):
        lines.append(f"was the recommendation right? watcher judge-advice {found['id']} right|wrong")
    became = found.get("incident")
    return "\n".join([*lines, f"{became}: this incident is open now"] if became else lines)


def taken(found: dict[str, Any]) -> str:
    """What came of it, what to do first, and where the rest is."""
    if not (found.get("id") or "").startswith("INC-"):
        return acted(found)
    advice = found.get("recommendation")
    first = _verified(found) or ([advice["headline"]] if advice else [])
    return "\n".join([acted(found), *first, f"watcher show {found['id']}"])


def closed(found: dict[str, Any]) -> str:
    """What came of it, and what still fails in silence."""
    dismissed = found.get("status") == "false_alarm"
    quiet = f"{QUIET_AFTER['false_alarm' if dismissed else 'resolved']}, or until it was clean once"
    watched = [s for s in found.get("signals", ()) if s.get("failing") and not _by_word(s)]
    failing = [signal["title"] for signal in watched]
    still = [f"it still fails: {title}; it pages nobody for {quiet}" for title in failing[:FAILING_SHOWN]]
    return "\n".join([acted(found), *still])


def _by_word(signal: dict[str, Any]) -> bool:
    """What a person said does not go on failing: nobody measures it."""
    return str(signal.get("source", "")).startswith("report:")


def heard(found: dict[str, Any]) -> str:
    """What became of somebody's word."""
    became = {
        "incident": "an incident is open, and the on-call is paged",
        "suspicion": "a suspicion; the on-call is told",
        "joined": "known already; your words were added",
        "none": "nothing comes of it. If it is a P0: watcher declare --category CATEGORY TEXT",
    }
    if found.get("acknowledged_by"):  # by the word of the one who would have been woken
        return f"{found['id']} is open and yours; nobody else was paged ({found['because']})"
    line = f"{became[found['outcome']]} ({found['because']})"
    if found["outcome"] == "none":
        line = f"{found['because']}: {became['none']}"
    return f"{found['id']}: {line}" if found["id"] else line


def silences(found: dict[str, Any]) -> str:
    """What changed, and what holds."""
    held = [f"silence {_silence(s)}" for s in found["silences"]]
    return "\n".join([*found.get("said", ()), *(held or ["no silence holds"])])


def _silence(silence: dict[str, Any]) -> str:
    until = f"until {spelled(silence['until'])} by {silence['by']}"
    return f"{silence['silence']}: {_match(silence['match'])} {until}: {silence['because']}"


def _ago(moment: str | None, now: datetime) -> str:
    """How long ago; the moment itself where it is long ago, or this machine's clock is another."""
    seconds = (now - datetime.fromisoformat(moment)).total_seconds() if moment else -1.0
    return f"{seconds:.0f} s ago" if 0 <= seconds < AGO_MAX_SECONDS else spelled(moment, seconds=True)

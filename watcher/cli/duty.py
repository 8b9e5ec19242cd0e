"""What people read of who is on call: in the zone of the hand-over, whoever's terminal it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

VIA = {
    "rotation": "by the rotation",
    "calendar": "by the calendar",
    "override": "by an override",
    "default": "as the default",
}


def brief(found: dict[str, Any]) -> str:
    """One line: who, until when, who comes next."""
    return f"on call: {found['person']}{_until(found)}"


def whole(found: dict[str, Any]) -> str:
    """Who has it at the moment that was asked for, who stands behind, and what follows."""
    head = f"{_local(found['at'], found['zone'])}: {found['person']} {VIA[found['via']]}{_until(found)}"
    lines = [head, f"backup: {found['backup'] or 'nobody'}"]
    ahead = found["ahead"] if len(found["ahead"]) > 1 else []
    lines += ["", *(_duty(one, found["zone"]) for one in ahead)] if ahead else []
    return "\n".join([*lines, *overrides(found)])


def changed(found: dict[str, Any]) -> str:
    """What came of an override, and who has it now."""
    warned = [f"warning: {warning}" for warning in found.get("warnings", ())]
    return "\n".join([*found.get("said", ()), *warned, brief(found["on_call"]), *overrides(found)])


def _until(found: dict[str, Any]) -> str:
    zone = found["zone"]
    return f" until {_local(found['until'], zone)} ({zone}), then {found['next']}" if found["until"] else ""


def _duty(one: dict[str, Any], zone: str) -> str:
    return f"  from {_local(one['from'], zone)}  {one['person']} ({one['via']})"


def overrides(found: dict[str, Any]) -> list[str]:
    """A line each."""
    return [
        f"override {one['override']}: {one['person']} {one['span']}, by {one['by']}: {one['because']}"
        for one in found["overrides"]
    ]


def _local(moment: str, zone: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}"

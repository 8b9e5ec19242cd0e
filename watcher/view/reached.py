"""Whom the pages of an incident reached: for each person and target, how far the deliveries came. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from watcher.incident.outbox import Owed
from watcher.view.summary import receipts
from watcher.view.when import iso

NOBODYS = "the team"
"""A target that belongs to no person in particular."""


def reached(pages: Mapping[int, Owed], owners: Mapping[str, str]) -> list[dict[str, Any]]:
    """By person, as they were first meant: each target with its counts, and how the newest delivery stands.

    `owners` are the people of targets that belong to one alone: news go to a target, and reach its person.
    """
    people: dict[str, dict[str, dict[str, Any]]] = {}
    for owed in pages.values():
        for target, receipt in receipts(owed).items():
            who = receipt["contact"] or owners.get(target, NOBODYS)
            line = people.setdefault(who, {}).setdefault(target, _none(target))
            _count(line, receipt["state"], owed)
            rings = owed.request.kind == "wake" and owed.attempts[target].delivery.wakes
            line["rings"] = line["rings"] or rings
    return [{"person": who, "targets": list(targets.values())} for who, targets in people.items()]


def owners(people: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """The one person of each target, by the targets of everybody; what two people share is nobody's."""
    found: dict[str, set[str]] = {}
    for who, targets in people:
        for target in targets:
            found.setdefault(target, set()).add(who)
    return {target: whose.pop() for target, whose in found.items() if len(whose) == 1}


def _none(target: str) -> dict[str, Any]:
    return {
        "target": target,
        "accepted": 0,
        "failed": 0,
        "waiting": 0,
        "state": "",
        "at": None,
        "rings": False,
    }


def _count(line: dict[str, Any], state: str, owed: Owed) -> None:
    if state != "withdrawn":
        line[state if state in ("accepted", "failed") else "waiting"] += 1
    line["state"] = state
    line["at"] = iso(owed.request.at)

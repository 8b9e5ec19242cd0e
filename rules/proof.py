"""Proof of a rulebook: each rule fires on its own examples, misses its near misses, and no trigger lacks a rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rules.classify import fires
from rules.example import HealthExample, IssueExample, ReportExample
from rules.rule import WITHIN, Rule
from rules.rulebook import Rulebook
from rules.signal import Category
from rules.trigger import TRIGGERS


@dataclass(frozen=True, slots=True)
class Failure:
    """What a rule does against its own examples."""

    rule: str
    message: str
    tried: bool = False  # an example did what it must not, and `explain` can say why

    def __str__(self) -> str:
        return f"{self.rule}: {self.message}"


def prove(rulebook: Rulebook) -> tuple[Failure, ...]:
    """Everything in which the rules fail their own examples. A rule switched off is tried all the same."""
    return tuple(failure for rule in rulebook.rules for failure in _failures(rule))


def without_rule(rulebook: Rulebook) -> tuple[tuple[Category, str], ...]:
    """The triggers that no rule in force names."""
    named = {
        (entry.category, entry.rule.trigger) for entry in rulebook.entries if entry.rule.mode != "disabled"
    }
    return tuple(
        (category, trigger)
        for category, triggers in TRIGGERS.items()
        for trigger in triggers
        if (category, trigger) not in named
    )


def _failures(rule: Rule) -> Iterator[Failure]:
    window = rule.scale.within if rule.scale else WITHIN
    if not rule.examples.fires:
        yield Failure(rule.id, "no example under 'fires': say what it must fire on")
    if not rule.examples.near_misses:
        yield Failure(rule.id, "no example under 'near_misses': say what comes near and must not fire")
    for number, example in enumerate(rule.examples.fires):
        if not fires(rule, example.signal(window)):
            yield Failure(rule.id, f"fires.{number} does not fire: {_said(example)}", tried=True)
    for number, example in enumerate(rule.examples.near_misses):
        if fires(rule, example.signal(window)):
            yield Failure(rule.id, f"near_misses.{number} fires: {_said(example)}", tried=True)


def _said(example: IssueExample | HealthExample | ReportExample) -> str:
    if isinstance(example, IssueExample):
        return ascii(example.title)
    return ascii(example.text) if isinstance(example, ReportExample) else example.state

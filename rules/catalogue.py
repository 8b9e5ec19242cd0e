"""The table of shipped rules, written from the rules themselves: `python -m rules.catalogue > docs/shipped-rules.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rules.duration import words
from rules.load import load
from rules.outline import outline
from rules.rule import AtLeast, Rule, Threshold
from rules.rulebook import Rulebook
from rules.signal import CATEGORIES, Category
from rules.trigger import TRIGGERS
from rules.vocabulary import meanings, vocabulary

HEAD = """\
# Shipped rules

This page is written by `python -m rules.catalogue > docs/shipped-rules.md`; do not edit it. How rules are read and
written is in [rules.md](rules.md).

*Certainty*: `scale` fires when enough users or requests are met, `definite` on what the application itself states
(with a threshold where one is named), `hint` raises a suspicion.
"""


WORDS = """\
## Words that rules share

Write `{made}` in a pattern of your own, and it stands for the whole list.

| name | means | begins with |
|---|---|---|\
"""


def catalogue(book: Rulebook) -> str:
    """The whole page."""
    return "\n".join((HEAD, *_sections(book), WORDS, *_shared(), ""))


def _shared() -> Iterator[str]:
    means = meanings()
    for name, alternatives in vocabulary().items():
        yield f"| `{{{name}}}` | {means[name]} | {outline((alternatives,))} |"


def _sections(book: Rulebook) -> Iterator[str]:
    for category in CATEGORIES:
        yield f"## {category}\n"
        for trigger in TRIGGERS[category]:
            yield f"### {trigger}\n"
            yield "| rule | reads | certainty | at least | what a page says |"
            yield "|---|---|---|---|---|"
            yield from (_row(rule) for rule in _of(book, category, trigger))
            yield ""


def _of(book: Rulebook, category: Category, trigger: str) -> list[Rule]:
    found = (entry.rule for entry in book.entries if entry.category == category)
    return sorted((rule for rule in found if rule.trigger == trigger), key=lambda rule: rule.id)


def _row(rule: Rule) -> str:
    cells = (f"`{rule.id}`", rule.signal, rule.certainty, demand(rule.scale), rule.because)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def demand(scale: AtLeast | None) -> str:
    """How much is enough, in words."""
    if scale is None:
        return "one"
    parts = [_threshold(one) for one in scale.any_ or scale.all_ or ()]
    return f"{(' or ' if scale.any_ else ' and ').join(parts)} in {words(scale.within)}"


def _threshold(one: Threshold) -> str:
    unknown = [name.removesuffix("_unknown") for name in one.if_]
    where = f" where {' and '.join(unknown)} are unknown" if unknown else ""
    if one.share is not None:
        return f"{one.share:.0%} of at least {one.of_at_least} {_OF[one.of]}"
    return f"{one.users} users{where}" if one.users is not None else f"{one.events} events{where}"


_OF = {"requests": "requests", "users": "active users", "same_requests": "requests to the place"}

if __name__ == "__main__":
    sys.stdout.write(catalogue(load()))

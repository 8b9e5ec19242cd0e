"""The rules that come with the program: they prove themselves, and their quick no hides nothing."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from rules import rows
from rules.classify import classify, fires
from rules.haystack import raw
from rules.load import BUILTIN, load, read
from rules.proof import prove, without_rule
from rules.rule import WITHIN, RuleFile
from rules.yaml import document

BOOK = load()
CORPUS = Path(os.environ.get("WATCHER_SHARED", Path(__file__).parents[3] / "shared")) / "corpus"

FLAWED = """\
version: 1
category: outage
rules:
  - id: flawed
    because: x
    signal: issue
    when: {any_text: boom}
    certainty: definite
    examples:
      fires: [{title: bang}]
      near_misses: [{title: boom}]
  - {id: bare, because: x, signal: report, when: {any_text: boom}, certainty: hint}
"""


def test_every_shipped_rule_passes_its_own_examples() -> None:
    """Each rule fires on what it must, and misses what comes near."""
    assert prove(BOOK) == ()


def test_every_shipped_pattern_is_one_that_a_rule_may_hold() -> None:
    """They are not looked at again at each start: what a start trusts is looked at here."""
    for path in sorted(BUILTIN.glob("*.yaml")):
        document(path).check(RuleFile, show_values=True)


def test_every_shipped_rule_names_its_trigger() -> None:
    """A rule in the pack stands for one of the sixteen."""
    assert all(rule.trigger for rule in BOOK.rules)


def test_the_proof_finds_what_is_wrong() -> None:
    """A rule that misses its example, fires on its near miss, or has neither, fails."""
    assert [str(failure) for failure in prove(read(FLAWED))] == [
        "flawed: fires.0 does not fire: 'bang'",
        "flawed: near_misses.0 fires: 'boom'",
        "bare: no example under 'fires': say what it must fire on",
        "bare: no example under 'near_misses': say what comes near and must not fire",
    ]
    assert len(without_rule(read(FLAWED))) == 16


def test_the_pack_counts_in_at_most_three_windows() -> None:
    """Own rules with the windows of the pack stay within the bound."""
    assert BOOK.windows == (timedelta(minutes=5), timedelta(hours=1))


def test_the_quick_no_never_hides_a_rule_that_fires() -> None:
    """Over all examples of the pack: a rule that fires alone is among the candidates of the quick search."""
    seen = 0
    for kind in ("issue", "health", "report"):
        entries, quick = BOOK.of_kind[kind]
        examples = [
            example.signal(rule.scale.within if rule.scale else WITHIN)
            for rule in BOOK.rules
            if rule.signal == kind
            for example in (*rule.examples.fires, *rule.examples.near_misses)
        ]
        for signal in examples:
            firing = {number for number, entry in enumerate(entries) if fires(entry.rule, signal)}
            assert firing <= set(quick.candidates(quick.found(raw(signal))))
            seen += len(firing)
    assert seen > 40


@pytest.mark.skipif(not CORPUS.exists(), reason="the incident corpus is not beside this tree")
@pytest.mark.parametrize(("name", "convert"), [("issues", rows.issue_of), ("reports", rows.report_of)])
def test_the_corpus_is_judged_well(name: str, convert: object) -> None:
    """Nine of ten incidents are found, and at most one in fifty of the others rings."""
    assert callable(convert)
    right: Counter[bool] = Counter()
    rang: Counter[bool] = Counter()
    for line in (CORPUS / f"{name}.jsonl").read_text().splitlines():
        row = json.loads(line)
        category = classify(BOOK, convert(row), own_window=True).category or "none"
        if row["label"] == "none":
            rang[category != "none"] += 1
        else:
            right[category in (row["label"], *row.get("also_acceptable", ()))] += 1
    assert right[True] >= 0.9 * right.total()
    assert rang[True] <= 0.02 * rang.total()

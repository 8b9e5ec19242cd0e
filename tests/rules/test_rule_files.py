"""Rule files: what makes a rulebook, and every way of being wrong with its place."""

from __future__ import annotations

import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from rules.fault import Faults
from rules.load import load, read

GOOD = textwrap.dedent("""\
    version: 1
    category: authentication
    rules:
      - id: own.sign-in
        trigger: users cannot sign in
        because: "{count} met sign-in errors within {within}"
        signal: issue
        when:
          all:
            - any_text: ['\\bsign-in failed\\b']
            - level: [error, fatal]
        at_least: {any: [{users: 5}], within: 5m}
        certainty: scale
        examples:
          fires: [{title: "sign-in failed", users: 40}]
          near_misses: [{title: "sign-in failed", users: 3}]
    """)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (r"\bsign-in", "(?=sign-in)", "r.yaml:10:22: rules.0.when.all.0.any_text.0: not a pattern for RE2"),
        (r"\bsign-in", "(sign", "r.yaml:10:22: rules.0.when.all.0.any_text.0: not a pattern for RE2"),
        (r"\bsign-in failed\b", "x*", "the pattern matches an empty text"),
        (
            "level:",
            "levl:",
            "r.yaml:11:11: rules.0.when.all.1.levl: unknown key 'levl'; did you mean 'level'?",
        ),
        (
            "users cannot",
            "user cannot",
            "r.yaml:5:14: rules.0.trigger: no trigger of authentication; they are:",
        ),
        (
            "{count}",
            "{cont}",
            "r.yaml:6:14: rules.0.because: because of a rule about issues knows {users}, {events}",
        ),
        ("{count}", "{component}", "and nothing else in braces (here: '{component} met sign-in errors"),
        ("signal: issue", "signal: health", "a rule about health endpoints knows {endpoint}, {reason}"),
        ("signal: issue", "signal: report", "a rule about reports knows {title}, {system}, and nothing else"),
        ("signal: issue", "signal: isue", "rules.0.signal: Input should be 'issue', 'health' or 'report'"),
        (
            "['\\bsign-in failed\\b']",
            '["\\bsign-in failed"]',
            "10:22: rules.0.when.all.0.any_text.0: in double quotes",
        ),
        ("level: [error, fatal]", "critical: true", "'critical' is no condition of a rule about issues"),
        (
            '"{count} met sign-in errors within {within}"\n    signal: issue',
            '"sign-in fails"\n    signal: report',
            "'level' is no condition of a rule about reports",
        ),
        ("level: [error, fatal]", "all: []", "at least 1"),
        ("{users: 5}]", "{users: 5, events: 3}]", "name one of users, events and share"),
        ("{users: 5}]", "{users: 0}]", "greater than or equal to 1"),
        ("within: 5m", "within: 5", "a duration needs its unit"),
        ("certainty: scale", "certainty: sure", "'scale', 'definite' or 'hint'"),
        ("version: 1", "version: 2", "r.yaml:1:10: version"),
        ('{title: "sign-in failed", users: 3}', "{titel: x}", "unknown key 'titel'; did you mean 'title'?"),
        ('{title: "sign-in failed", users: 3}', "{state: down}", "the examples of this rule must be issues"),
    ],
)
def test_a_wrong_rule_is_refused_at_its_place(old: str, new: str, said: str) -> None:
    """Each fault names where it stands and what would be right."""
    assert old in GOOD
    with pytest.raises(Faults) as caught:
        read(GOOD.replace(old, new), "r.yaml")
    assert said in str(caught.value)


def test_a_rulebook_is_named_by_what_it_says() -> None:
    """A comment or an example changes nothing; a word of a rule does."""
    name = read(GOOD).sha256
    assert read("# a comment\n" + GOOD, "other.yaml").sha256 == name
    assert read(GOOD.replace("users: 40", "users: 41")).sha256 == name
    assert read(GOOD.replace("{users: 5}", "{users: 6}")).sha256 != name
    assert read(GOOD, non_production=["qa"]).sha256 != name


def test_an_id_is_taken_once(tmp_path: Path) -> None:
    """Two own rules with one id are a fault that names both places."""
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(GOOD)
    with pytest.raises(
        Faults, match=r"b\.yaml:4:9: rules\.0\.id: the id own\.sign-in is taken by .*a\.yaml, rule 1"
    ):
        load([tmp_path], use_builtin=False)


def test_an_own_rule_takes_the_place_of_the_built_in_one(tmp_path: Path) -> None:
    """A team changes or switches off a built-in rule by writing one with its id."""
    (tmp_path / "own.yaml").write_text(GOOD.replace("own.sign-in", "authentication.sign-in"))
    book = load([tmp_path])
    assert len(book.rules) == len(load().rules)
    (mine,) = (rule for rule in book.rules if rule.id == "authentication.sign-in")
    assert mine.because.startswith("{count} met sign-in errors")


def test_the_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    """One wrong file does not hide another."""
    (tmp_path / "a.yaml").write_text(GOOD.replace("level:", "levl:"))
    (tmp_path / "b.yaml").write_text("version: [")
    with pytest.raises(Faults) as caught:
        load([tmp_path, tmp_path / "none"], use_builtin=False)
    assert {Path(fault.file).name for fault in caught.value.faults} == {"a.yaml", "b.yaml", "none"}


def test_a_fourth_window_is_refused() -> None:
    """Each window costs a request at every poll, so a rulebook has at most three."""
    head, rule = GOOD.split("rules:\n")
    rules = [
        rule.replace("own.sign-in", f"own.r{number}").replace("within: 5m", f"within: {within}")
        for number, within in enumerate(("5m", "1h", "10m", "5m", "30m"))
    ]
    assert read(head + "rules:\n" + "".join(rules[:4])).windows == tuple(
        timedelta(minutes=m) for m in (5, 10, 60)
    )
    with pytest.raises(Faults, match="at most 3 windows; use 5m, 10m, 1h"):
        read(head + "rules:\n" + "".join(rules))


def test_an_empty_folder_is_a_fault(tmp_path: Path) -> None:
    """A folder without rules is a wrong path, not a wish."""
    with pytest.raises(Faults, match=r"holds 1 to \d+ files"):
        load([tmp_path], use_builtin=False)

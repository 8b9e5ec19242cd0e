"""Classification: which rule speaks, where nobody is paged, and what hostile text costs."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.classify import classify
from rules.load import load, read
from rules.rulebook import Rulebook
from rules.signal import Activity, HealthSignal, IssueSignal, ReportSignal

AT = datetime(2026, 11, 25, tzinfo=UTC)
BOOK = load()
MANY = (Activity(window=timedelta(minutes=5), events=900, users_low=400, users_high=400),)


def issue(title: str = "CallbackRouteError: sign in failed", **fields: Any) -> IssueSignal:
    fields = {"activity": MANY, **fields}
    return IssueSignal(source="sentry:x", key="1", at=AT, started_at=None, title=title, **fields)


def rulebook(*rules: str, category: str = "outage") -> Rulebook:
    body = "".join(f"  - {{{rule}, when: {{any_text: boom}}, because: it went boom}}\n" for rule in rules)
    return read(f"version: 1\ncategory: {category}\nrules:\n{body}")


SIGN_IN = read(
    "version: 1\ncategory: authentication\nrules:\n  - {id: sign-in, signal: issue, certainty: scale,\n"
    "     when: {any_text: sign in}, because: '{users} users met errors at sign-in within {within}'}\n"
)


def test_a_p0_says_its_rule_category_and_reasons() -> None:
    """The first reason is the rule's own sentence with the counts put in, then what was enough, then what matched."""
    verdict = classify(SIGN_IN, issue(system="web"))
    assert (verdict.outcome, verdict.category, verdict.rule) == ("p0", "authentication", "sign-in")
    assert verdict.because == (
        "400 users met errors at sign-in within 5m",
        "400 users within 5m; 5 are enough",
        'it says "sign in"',
    )
    assert verdict.system == "web"


def test_too_few_is_none_and_says_how_many() -> None:
    """A rule that recognises a signal of no scale does not fire, and the reason says what was counted."""
    few = (Activity(window=timedelta(minutes=5), events=4, users_low=3, users_high=3),)
    verdict = classify(SIGN_IN, issue(activity=few))
    assert verdict.outcome == "none"
    assert verdict.because == ("sign-in: 3 users within 5m, not known to be enough",)


@pytest.mark.parametrize("environment", ["staging", "Staging", " DEV ", "ci", "preview", "development"])
def test_non_production_pages_nobody(environment: str) -> None:
    """A listed environment is none with the reason, whatever fails in it."""
    verdict = classify(BOOK, issue(environment=environment))
    assert verdict.outcome == "none"
    assert "is not production" in verdict.because[0]


@pytest.mark.parametrize(
    "environment", [None, "", "production", "eu", "qa", "device", "staging2", "pre-production"]
)
def test_every_other_environment_pages(environment: str | None) -> None:
    """Names are compared whole: what is not listed is production."""
    assert classify(BOOK, issue(environment=environment)).outcome == "p0"


def test_a_star_stands_for_the_rest_of_a_name() -> None:
    """`preview-*` covers every preview environment."""
    book = dataclasses.replace(BOOK, non_production=("preview-*",))
    assert classify(book, issue(environment="preview-123")).outcome == "none"
    assert classify(book, issue(environment="preview")).outcome == "p0"


def test_a_certain_rule_speaks_before_a_hint_and_names_the_others() -> None:
    """A P0 comes before a suspicion, a definite rule before one of scale; the rest is mentioned."""
    book = rulebook(
        "id: a, signal: issue, certainty: hint",
        "id: b, signal: issue, certainty: scale",
        "id: c, signal: issue, certainty: definite",
    )
    verdict = classify(book, issue("boom"))
    assert (verdict.rule, verdict.outcome) == ("c", "p0")
    assert verdict.because[-1] == "also: b, a"
    assert classify(rulebook("id: a, signal: issue, certainty: hint"), issue("boom")).outcome == "suspicion"


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("nobody in our office can log in since nine, we cannot get at our notes", "authentication"),
        ("since I could log in again all my notes of this year are gone", "data-loss"),
    ],
)
def test_of_hints_the_category_is_meant_that_the_text_sounds_like(
    tmp_path: Path, text: str, category: str
) -> None:
    """A person's words touch several categories and mean one: the graver one is not taken for being graver."""
    for name, word in (("data-loss", "notes"), ("authentication", "log in")):
        rule = f"{{id: {name}.x, signal: report, certainty: hint, when: {{any_text: {word}}}, because: it says so}}"
        (tmp_path / f"{name}.yaml").write_text(f"version: 1\ncategory: {name}\nrules:\n  - {rule}\n")
    book = load((tmp_path,), use_builtin=False)
    assert classify(book, ReportSignal(source="report:x", key="1", at=AT, text=text)).category == category


def test_the_graver_category_names_the_incident() -> None:
    """Security comes before authentication, and any named harm before an outage."""
    title = "AccessError: /admin rendered without session; CallbackRouteError: sign in failed"
    verdict = classify(BOOK, issue(title))
    assert verdict.category == "security"
    assert any("authentication.sign-in" in words for words in verdict.because)


def test_the_category_weighs_more_than_the_certainty(tmp_path: Path) -> None:
    """Lost data of which many users suffer names the incident, though the outage is the surer rule."""
    for category, certainty in (("data-loss", "scale"), ("outage", "definite")):
        rule = (
            f"{{id: {category}, because: x, signal: issue, when: {{any_text: boom}}, certainty: {certainty}}}"
        )
        (tmp_path / f"{category}.yaml").write_text(f"version: 1\ncategory: {category}\nrules: [{rule}]\n")
    assert classify(load([tmp_path], use_builtin=False), issue("boom")).category == "data-loss"


def test_a_shadow_rule_is_recorded_and_rings_nobody() -> None:
    """A rule in shadow mode is named in the verdict, which stays none; a disabled one is not even that."""
    book = rulebook(
        "id: a, signal: issue, certainty: definite, mode: shadow",
        "id: b, signal: issue, certainty: definite, mode: disabled",
    )
    verdict = classify(book, issue("boom"))
    assert (verdict.outcome, verdict.shadow) == ("none", ("a",))


def test_a_rule_may_name_the_system() -> None:
    """A rule knows that the database failed where the source knows only who leans on it."""
    book = rulebook("id: a, signal: issue, certainty: definite, system: database")
    assert classify(book, issue("boom", system="web")).system == "database"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"state": "down", "critical": True}, "outage"),
        ({"state": "down", "critical": True, "category": "authentication"}, "authentication"),
        ({"state": "down", "critical": True, "category": "payments"}, "payments"),
        ({"state": "unknown", "critical": True}, "outage"),
        ({"state": "down", "critical": False}, None),
        ({"state": "down", "critical": False, "failed_components": ("database",)}, "outage"),
        ({"state": "down", "critical": True, "failed_components": ("search",)}, None),
        ({"state": "down", "critical": True, "failed_components": ("search", "db")}, "outage"),
        ({"state": "down", "critical": True, "announced": True}, None),
        ({"state": "degraded", "critical": True, "failed_components": ("queue",)}, None),
        ({"state": "up", "critical": True}, None),
    ],
)
def test_a_health_endpoint_is_judged_by_what_it_proves(fields: dict[str, Any], expected: str | None) -> None:
    """A critical endpoint that is down is an outage, or the category that its probe proves; side parts are not."""
    signal = HealthSignal(source="health:api", key="api", at=AT, started_at=None, reason="503", **fields)
    assert classify(BOOK, signal).category == expected


def test_a_report_is_a_suspicion_at_most() -> None:
    """A person's words raise a suspicion of the category they speak of, never a P0 by themselves."""
    said = ReportSignal(source="report:cli", key="1", at=AT, text="I was charged twice for this month")
    assert (classify(BOOK, said).outcome, classify(BOOK, said).category) == ("suspicion", "payments")
    thanks = dataclasses.replace(said, text="how do I change the colour of the button?")
    assert classify(BOOK, thanks).outcome == "none"


@pytest.mark.parametrize(
    "disguise",
    [
        "Callback\u200bRouteError: sign\u00ad in failed",
        "\uff23allbackRouteError: \uff53ign in failed",
        "\u202eCallbackRouteError\u202c: sign in failed",
        "Callback\x00RouteError: sign in failed",
    ],
)
def test_disguised_text_is_read_all_the_same(disguise: str) -> None:
    """Invisible, wide and bidirectional characters hide nothing from a rule, and reach no reason."""
    verdict = classify(BOOK, issue(disguise))
    assert verdict.outcome == "p0"
    assert all(line.isprintable() for line in verdict.because)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "\x00",
        "\u200b",
        "\ufdfa",
        "\ud800",
        "login failed error ",
        "union select ",
        "messages lost deleted ",
        "(" * 50,
        "é\u0301",
    ],
)
def test_a_megabyte_of_anything_costs_little(piece: str) -> None:
    """A title of 1 MB in every field, and 10 000 tags, are judged within the test's short time, with short reasons."""
    text = piece * (1_000_000 // len(piece))
    tags = {f"k{number}": "v" * 100 for number in range(10_000)} | {"transaction": text}
    verdict = classify(BOOK, issue(text, value=text, message=text, culprit=text, url=text, tags=tags))
    assert sum(map(len, verdict.because)) < 2_000


@given(
    st.text(alphabet=st.characters(), max_size=400), st.integers(-5, 100), st.none() | st.integers(-5, 100)
)
def test_no_text_and_no_count_raises(text: str, events: int, users: int | None) -> None:
    """Whatever a source delivers, there is a verdict; asked again, it is the same."""
    activity = (Activity(window=timedelta(minutes=5), events=events, users_low=users, users_high=users),)
    for signal in (
        issue(text, activity=activity),
        ReportSignal(source="report:x", key="1", at=AT, text=text),
    ):
        assert classify(BOOK, signal) == classify(BOOK, signal)

"""Three-valued logic: the laws of `all`, `any` and `not`, and what each condition asks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.condition import Held, Seen, Truth, evaluate, every, some
from rules.rule import Condition
from rules.signal import HealthSignal, IssueSignal

AT = datetime(2026, 11, 25, tzinfo=UTC)


def issue(**fields: Any) -> Seen:
    title = fields.setdefault("title", "boom")
    return Seen(IssueSignal(source="sentry:x", key="1", at=AT, started_at=None, **fields), title)


def health(**fields: Any) -> Seen:
    fields = {"state": "down", "reason": "503", **fields}
    return Seen(
        HealthSignal(source="health:x", key="api", at=AT, started_at=None, **fields), fields["reason"]
    )


def truth(condition: dict[str, Any], seen: Seen) -> Truth:
    return evaluate(Condition.model_validate(condition), seen).truth


# A tag that is there, one that is another, and one that nobody sent: true, false, unknown.
ATOMS: dict[Truth, dict[str, Any]] = {
    True: {"tag": {"plan": ["premium"]}},
    False: {"tag": {"plan": ["free"]}},
    None: {"tag": {"browser": ["chrome"]}},
}
SEEN = issue(tags={"plan": "Premium"})
TRUTHS = st.sampled_from([True, False, None])


@given(st.lists(TRUTHS, min_size=1, max_size=5))
def test_all_is_the_least_and_any_the_greatest(truths: list[Truth]) -> None:
    """With false < unknown < true, `all` is the minimum, `any` the maximum, and `not` turns them around."""
    rank = {False: 0, None: 1, True: 2}
    atoms = [ATOMS[one] for one in truths]
    assert truth({"all": atoms}, SEEN) == min(truths, key=rank.__getitem__)
    assert truth({"any": atoms}, SEEN) == max(truths, key=rank.__getitem__)
    turned = truth({"not": {"any": atoms}}, SEEN)
    assert turned == truth({"all": [{"not": atom} for atom in atoms]}, SEEN)
    assert rank[turned] == 2 - rank[truth({"any": atoms}, SEEN)]


@given(st.lists(TRUTHS, max_size=5))
def test_reasons_are_given_for_what_holds_alone(truths: list[Truth]) -> None:
    """What does not hold, or may not, gives no reason."""
    parts = [Held(one, (f"reason {number}",)) for number, one in enumerate(truths)]
    for answer in (every(parts), some(parts)):
        assert bool(answer.because) <= (answer.truth is True)
        assert {int(words.split()[1]) for words in answer.because} <= {
            n for n, one in enumerate(truths) if one
        }


@pytest.mark.parametrize(
    ("condition", "seen", "expected"),
    [
        ({"tag": {"plan": "prem.*"}}, issue(tags={"plan": "PREMIUM"}), True),
        ({"tag": {"plan": "prem"}}, issue(tags={"plan": "premium"}), False),
        ({"tag": {"plan": "premium"}}, issue(tags={}), None),
        ({"tag": {"plan": "premium"}}, issue(tags=None), None),
        ({"not": {"tag": {"plan": "premium"}}}, issue(tags=None), None),
        ({"environment": "production"}, issue(environment=None), True),
        ({"environment": "production"}, issue(environment="eu"), False),
        ({"release": "web@2.*"}, issue(release=None), None),
        ({"handled": False}, issue(handled=None), None),
        ({"handled": False}, issue(handled=False), True),
        ({"system": "billing"}, issue(system=None), None),
        ({"logger": "audit"}, issue(logger=""), False),
        ({"not": {"logger": "audit"}}, issue(logger=""), True),
        ({"level": "error"}, issue(level="warning"), False),
        ({"issue_category": ["db_query"]}, issue(issue_category="db_query"), True),
        ({"project": "web"}, issue(project="web-app"), False),
        ({"any_text": "bo+m"}, issue(title="BOOOM"), True),
        ({"any_text": "x", "level": "error"}, issue(), False),
        ({"state": ["down"], "critical": True}, health(critical=True), True),
        ({"category": "outage"}, health(category=None), True),
        ({"category": "outage"}, health(category="authentication"), False),
        ({"failed_component": "database"}, health(failed_components=("app.database",)), True),
        ({"failed_component": "database"}, health(), False),
        ({"only_failed": "search"}, health(failed_components=("search",)), True),
        ({"only_failed": "search"}, health(failed_components=("search", "db")), False),
        ({"only_failed": "search"}, health(), False),
        ({"announced": False}, health(announced=True), False),
        ({"endpoint": "api"}, health(), True),
        ({"any_text": "50[23]"}, health(), True),
    ],
)
def test_a_condition_answers_true_false_or_unknown(
    condition: dict[str, Any], seen: Seen, expected: Truth
) -> None:
    """What the source did not say is unknown; no environment is production; words match whole and without case."""
    assert truth(condition, seen) is expected


def test_a_reason_quotes_one_short_line() -> None:
    """Foreign text in a reason is short, on one line, and without invisible characters."""
    text = "sign-in\n\u202efailed " + "x" * 5000
    (reason,) = evaluate(Condition(any_text=(r"(?s)sign-in.*",)), Seen(issue().signal, text)).because
    assert len(reason) < 120
    assert "\n" not in reason
    assert "\u202e" not in reason

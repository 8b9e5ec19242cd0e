"""The questions of init: what cannot be used is said at once, and asked again; nobody begins anew at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from watcher.cli.questions import Answers, answers

NOTHING: dict[str, Any] = dict.fromkeys(
    ("service", "health_url", "sentry", "organization", "token_file", "phone", "name")
)
GOOD = {
    "service": "shop",
    "health_url": "https://shop.example/api/health",
    "sentry": "https://de.sentry.io",
    "organization": "acme",
    "token": "sntrys_abc",
    "phone": "json://127.0.0.1:9/",
    "name": "Ann",
}


def asked(typed: list[str], **given: Any) -> tuple[Answers | None, str]:
    """What came of the answers, and what was shown meanwhile."""
    found: list[Answers] = []

    @click.command()
    def command() -> None:
        found.append(answers({**NOTHING, **given}))

    shown = CliRunner().invoke(command, input="".join(f"{line}\n" for line in typed))
    return (found[0] if found else None), shown.output


def test_five_good_answers_are_taken_as_they_are() -> None:
    """Blanks around an answer do not count; secrets are in no repr."""
    found, shown = asked([f" {answer} " for answer in GOOD.values()])
    assert found is not None, shown
    assert {name: getattr(found, name) for name in GOOD} == GOOD
    assert "sntrys_abc" not in repr(found) + shown


@pytest.mark.parametrize(
    ("question", "wrong", "words"),
    [
        ("health_url", "shop.example/health", "an address begins with https://"),
        ("sentry", "sentry.io", "an address begins with https://"),
        ("organization", "Acme Inc", "one word of letters"),
        ("token", "a token", "one word of plain characters"),
        ("phone", "ntfy my-topic", "no service takes such an address"),
        ("phone", "nosuch://topic", "no service takes such an address"),
        ("name", "on-call", "on-call is a role"),
        ("name", "a/b", "a contact's name is letters"),
    ],
)
def test_an_answer_that_cannot_be_used_is_asked_for_again(question: str, wrong: str, words: str) -> None:
    """With the reason, at once; what was answered before stays answered."""
    typed = [
        line for name, answer in GOOD.items() for line in ([wrong] if name == question else []) + [answer]
    ]
    found, shown = asked(typed)
    assert found is not None, shown
    assert getattr(found, question) == GOOD[question]
    assert words in shown


def test_without_a_sentry_its_questions_are_not_asked() -> None:
    """Enter means none."""
    found, shown = asked(["shop", GOOD["health_url"], "", GOOD["phone"], "Ann"])
    assert found is not None, shown
    assert (found.sentry, found.organization, found.token, found.name) == (None, None, None, "Ann")


def test_a_token_in_a_file_is_not_asked_for(tmp_path: Path) -> None:
    """What an option says is no question."""
    typed = [GOOD[name] for name in ("service", "health_url", "sentry", "organization", "phone", "name")]
    found, shown = asked(typed, token_file=tmp_path / "token")
    assert found is not None, shown
    assert (found.token, found.token_file) == (None, tmp_path / "token")


def test_an_end_of_the_input_ends_the_questions() -> None:
    """A script that runs out of answers does not hang."""
    assert asked(["shop"])[0] is None

"""Users over several issues: counted by the server where it matters, unknown where it does not answer, never added."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from rules.classify import classify_all
from rules.load import read
from rules.signal import IssueSignal
from tests import virtual
from tests.evidence.stage import HANGS, Server
from tests.sources.sentry.stage import (
    FIVE,
    NOW,
    TOKEN,
    Looking,
    issue,
    looking,
    moving,
    row,
    scripted,
    seen,
    settings,
    state,
    world,
)
from watcher.demo.sentry import sentry_app
from watcher.demo.tracker import Occurrence, State
from watcher.observation import Sweep
from watcher.sources.sentry.counting import REST, questions
from watcher.sources.sentry.source import SentrySource

BOOK = read(
    "version: 1\ncategory: authentication\nrules:\n"
    "  - {id: many, signal: issue, certainty: scale, when: {any_text: sign in failed}, because: 'sign-in fails'}\n"
)
ASKED = "/events/"


def met(*users: int, environment: str = "production") -> tuple[Occurrence, ...]:
    return tuple(
        Occurrence(at=NOW - timedelta(minutes=3, seconds=n), user=str(user), environment=environment)
        for n, user in enumerate(users)
    )


def told(key: str, *users: int, **more: Any) -> Any:
    """One issue of the same fault: its message names the order."""
    title = f"sign in failed for order {key}"
    return issue(key, title=title, value=title, occurrences=met(*users, **more))


OVERLAPPING = (told("7", 1, 2, 3), told("8", 1, 2, 3), told("9", 3))
DISTINCT = (told("7", 1, 2, 3), told("8", 4, 5, 6), told("9", 3))


class Asking:
    """A source with the rules' questions, in virtual time, beside a server that can fail."""

    def __init__(self, held: State, fails: dict[str, Any] | None = None, **changes: Any) -> None:
        clock = moving()
        self.server = Server(sentry_app(held, token=TOKEN, clock=clock), fails)
        there = world(lambda: httpx2.ASGITransport(app=self.server), clock)
        chosen = settings(every=timedelta(seconds=30), **changes)
        self.source = SentrySource(chosen, there, (FIVE,), {}, questions=lambda s: questions(BOOK, s))

    @property
    def asked(self) -> list[str]:
        return [target for target in self.server.questions(ASKED) if "/issues/" not in target]


def outcomes(sweep: Sweep) -> set[str]:
    return {verdict.outcome for verdict in classify_all(BOOK, sweep.signals)}


def answers(sweep: Sweep) -> list[IssueSignal]:
    return [one for one in sweep.signals if isinstance(one, IssueSignal) and one.counts_together]


def played(
    play: Callable[[Asking, Looking], Any], held: State, fails: dict[str, Any] | None = None, **changes: Any
) -> None:
    async def main() -> None:
        asking = Asking(held, fails, **changes)
        async with looking(asking.source) as look:
            await play(asking, look)

    virtual.run(main())


@pytest.mark.parametrize(("held", "users", "expected"), [(OVERLAPPING, 3, "none"), (DISTINCT, 6, "p0")])
def test_overlapping_users_do_not_fire_and_distinct_ones_do(held: Any, users: int, expected: str) -> None:
    """Three issues of three, three and one users: the same people are too few, others are a P0."""

    async def play(asking: Asking, look: Looking) -> None:
        sweep = seen(await look.once())
        (answer,) = answers(sweep)
        assert answer.counts_together == ("7", "8", "9")
        assert answer.activity[0].users_low == answer.activity[0].users_high == users
        assert outcomes(sweep) == {expected}
        assert sweep.unseen == ()

    played(play, state(*held))


def test_the_question_names_the_window_the_project_and_the_environment_of_the_look() -> None:
    """Both sides of a comparison are of the same: the issues as listed, and the users as counted."""

    async def play(asking: Asking, look: Looking) -> None:
        await look.once()
        (target,) = asking.asked
        asked = httpx2.QueryParams(target.partition("?")[2])
        assert asked["query"] == "issue.id:[7,8,9]"
        assert (asked["statsPeriod"], asked["project"], asked["environment"]) == ("5m", "2", "production")

    played(play, state(*DISTINCT), environments=("production",))


def test_issues_of_two_environments_are_two_faults() -> None:
    """Where environments are walked apart, the users of one are never counted with those of the other."""
    held = (
        told("7", 1, 2, 3),
        told("8", 1, 2, 3),
        told("17", 4, 5, 6, environment="eu"),
        told("18", 4, 5, 7, environment="eu"),
    )

    async def play(asking: Asking, look: Looking) -> None:
        sweep = seen(await look.once())
        assert {(one.environment, one.activity[0].users_low) for one in answers(sweep)} == {
            ("production", 3),
            ("eu", 4),
        }
        assert {key for one in answers(sweep) for key in one.counts_together} == {
            "7@production",
            "8@production",
            "17@eu",
            "18@eu",
        }
        assert outcomes(sweep) == {"none"}

    played(play, state(*held, environments=("production", "eu")))


def test_what_the_list_decides_is_not_asked() -> None:
    """One issue that met enough users fires by itself; issues whose users are too few even together raise no question."""

    async def play(asking: Asking, look: Looking) -> None:
        await look.once()
        assert asking.asked == []

    played(play, state(told("7", 1, 2, 3, 4, 5), told("8", 1, 2, 3)))
    played(play, state(told("7", 1, 2), told("8", 1, 2)))


def test_a_question_is_put_once_a_look() -> None:
    """Three looks, three questions: what was counted before says nothing of this window."""

    async def play(asking: Asking, look: Looking) -> None:
        for looks in (1, 2, 3):
            await look.once()
            assert len(asking.asked) == looks

    played(play, state(*OVERLAPPING))


@pytest.mark.parametrize(
    "answer",
    [403, 404, 500, HANGS, {"data": []}, {"data": [{"count()": 7, "count_unique(user)": 0}]}, {"data": "x"}],
)
def test_without_an_answer_the_users_are_unknown(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The look comes all the same, within seconds; the issues are neither failing nor clean, and it is said once."""
    caplog.set_level(logging.WARNING)

    async def play(asking: Asking, look: Looking) -> None:
        sweep = seen(await look.once())
        assert sweep.at - NOW < timedelta(seconds=5)
        assert answers(sweep) == []
        assert outcomes(sweep) == {"none"}
        assert set(sweep.unseen) == {"sentry:shop 7", "sentry:shop 8", "sentry:shop 9"}
        again = seen(await look.once())
        assert again.unseen == sweep.unseen
        assert len(asking.asked) == 1  # it rests
        while seen(await look.once()).at - NOW < REST * 2:
            pass
        assert len(asking.asked) > 1

    played(play, state(*DISTINCT), {f"acme{ASKED}": answer})
    said = [one.getMessage() for one in caplog.records if "cannot count users over" in one.getMessage()]
    assert len(said) == 1
    assert said[0].startswith("sentry:shop cannot count users over several issues, they stay unknown: ")


def test_a_server_that_answers_again_counts_again(caplog: pytest.LogCaptureFixture) -> None:
    """What was unknown is known at the first look after the rest, and that is said, too."""
    caplog.set_level(logging.WARNING)

    async def play(asking: Asking, look: Looking) -> None:
        assert answers(seen(await look.once())) == []
        asking.server.fails.clear()
        sweep = seen(await look.once())
        while sweep.at - NOW < REST:
            sweep = seen(await look.once())
        assert outcomes(sweep) == {"p0"}

    played(play, state(*DISTINCT), {f"acme{ASKED}": 500})
    assert caplog.records[-1].getMessage() == "sentry:shop counts users over several issues again"


def test_an_old_server_that_knows_no_data_set_is_asked_in_its_own_words() -> None:
    """Where the data set of errors does not exist all events are one set, narrowed to errors."""
    listed = [row("1", userCount=3, count="3"), row("2", userCount=3, count="3")]
    asked: list[str] = []

    async def main() -> None:
        plain = scripted({"/issues/": (200, listed), "/projects/": (200, [{"id": "2"}])})
        inner = plain.http()

        async def answer(request: httpx2.Request) -> httpx2.Response:
            if not request.url.path.endswith("acme/events/"):
                return await inner.handle_async_request(request)
            asked.append(request.url.params["query"])
            if "dataset" in request.url.params:
                return httpx2.Response(400, json={"detail": "dataset must be one of: discover, metrics"})
            return httpx2.Response(200, json={"data": [{"count()": "6", "count_unique(user)": "6"}]})

        there = dataclasses.replace(plain, http=lambda: httpx2.MockTransport(answer))
        source = SentrySource(settings(), there, (FIVE,), {}, questions=lambda s: questions(BOOK, s))
        async with looking(source) as look:
            sweep = seen(await look.once())
        assert outcomes(sweep) == {"p0"}
        assert asked == ["issue.id:[1,2]", "event.type:error issue.id:[1,2]"]

    asyncio.run(main())

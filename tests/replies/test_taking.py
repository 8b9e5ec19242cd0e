"""Codes: what acknowledges, and what never does."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import load as rulebooks
from tests.serve.front import Front
from tests.support import T0
from tests.virtual import run
from watcher.clock import Clock
from watcher.incident import command as ask
from watcher.serve.links import CODE_LENGTH, CODE_LETTERS, Links
from watcher.serve.replies.sentence import Reply, read, written
from watcher.serve.taking import TRIED_MAX, NotTaken, Taking, good


class Stage(Front):
    """A front with somebody at the door of the replies."""

    def __init__(self) -> None:
        super().__init__()
        self.taking = Taking(self.engine, self.links, lambda: self.config, self.world.clock)

    def code(self, contact: str = "ann", page: int | None = None) -> str:
        pages = [v for v, owed in self.incident().outbox.pages.items() if owed.request.kind == "wake"]
        return self.links.code("INC-1", pages[-1] if page is None else page, contact)

    async def take(self, code: str, id_: str = "INC-1", name: str | None = None) -> str:
        """Who has it now, or why it was not taken."""
        try:
            return await self.taking.by_code(id_, code, via="reply", name=name)
        except NotTaken as refused:
            return refused.because


def played(scene: Callable[[Stage], Awaitable[Any]]) -> None:
    async def main() -> None:
        stage = Stage()
        await stage.start()
        await stage.probe("down")
        try:
            await scene(stage)
        finally:
            await stage.crash()

    run(main())


def test_the_code_of_a_page_takes_the_incident_for_its_addressee() -> None:
    """Who answers the page sent to ann is ann, by reply, unless a contact's name says otherwise."""

    async def scene(stage: Stage) -> None:
        assert await stage.take(stage.code()) == "ann"
        assert stage.incident().acknowledged_by == "ann"

    async def another(stage: Stage) -> None:
        assert "say who has it" in await stage.take(stage.code(), name="mallory")
        assert await stage.take(stage.code(), name="bob") == "bob"
        assert stage.incident().acknowledged_by == "bob"

    played(scene)
    played(another)


def test_a_code_is_good_once() -> None:
    """Who saw a used code in the topic cannot keep the incident quiet with it: not now, not when the acknowledgement expired, not after a restart."""

    async def scene(stage: Stage) -> None:
        code = stage.code()
        assert await stage.take(code) == "ann"
        until = stage.incident().acknowledged_until
        assert "old" in await stage.take(code)
        await stage.probes("down", minutes=31)
        assert stage.incident().acknowledged_by is None
        stage.taking = Taking(stage.engine, stage.links, lambda: stage.config, stage.world.clock)
        assert "old" in await stage.take(code)
        assert stage.incident().acknowledged_by is None
        assert await stage.take(stage.code()) == "ann"
        assert stage.incident().acknowledged_until > until

    played(scene)


def test_a_code_is_for_one_incident_one_page_and_one_person() -> None:
    """The same code says nothing about another incident, another page or another contact."""

    async def scene(stage: Stage) -> None:
        await stage.pass_(minutes=4)
        pages = [v for v, owed in stage.incident().outbox.pages.items() if owed.request.kind == "wake"]
        assert len(pages) == 2
        codes = {stage.code(who, page) for who in ("ann", "bob", "cara") for page in pages}
        assert len(codes) == 6
        assert "wrong" in await stage.take(stage.code("cara"))
        assert "no such open incident" in await stage.take(stage.code(), id_="INC-2")
        assert "wrong" in await stage.take(stage.links.code("INC-11", pages[-1], "ann"))

    played(scene)


def test_an_older_page_that_nobody_answered_is_still_good() -> None:
    """Whoever scrolls up and answers the first page of the night is heard like the one who answers the last."""

    async def scene(stage: Stage) -> None:
        first = stage.code()
        await stage.pass_(minutes=7)
        assert stage.code() != first
        assert await stage.take(first) == "ann"

    played(scene)


def test_what_sets_the_acknowledgement_aside_makes_older_codes_worthless() -> None:
    """An incident that came back needs an answer to its new page."""

    async def scene(stage: Stage) -> None:
        old = stage.code()
        await stage.probes("up", minutes=6)
        assert stage.incident().status == "watching"
        assert "old" in await stage.take(old)
        await stage.probes("down", minutes=1)
        assert stage.incident().status == "investigating"
        assert "old" in await stage.take(old)
        assert await stage.take(stage.code()) == "ann"

    played(scene)


def _of(stage: Stage, contact: str, ladder: str) -> str:
    """The code of the newest page to somebody on one ladder."""
    pages = [
        v
        for v, owed in stage.incident().outbox.pages.items()
        if owed.request.ladder == ladder and any(d.contact == contact for d in owed.request.deliveries)
    ]
    return stage.links.code("INC-1", pages[-1], contact)


def test_somebody_else_may_answer_an_earlier_page_when_an_acknowledgement_expired() -> None:
    """The CTO, paged while ann had it, takes it with that page when nothing more is heard of ann."""

    async def scene(stage: Stage) -> None:
        await stage.probes("down", minutes=3)
        assert await stage.take(stage.code()) == "ann"
        await stage.probes("down", minutes=31)
        assert stage.incident().acknowledged_by is None
        assert await stage.take(_of(stage, "cara", "unmitigated")) == "cara"

    played(scene)


def test_a_used_code_stays_used_over_a_restart() -> None:
    """Whoever let an acknowledgement expire needs a new page, though the old one was never withdrawn."""

    async def scene(stage: Stage) -> None:
        await stage.probes("down", minutes=31)
        code = _of(stage, "cara", "unmitigated")
        assert await stage.take(code) == "cara"
        await stage.probes("down", minutes=31)
        assert stage.incident().acknowledged_by is None
        stage.taking = Taking(stage.engine, stage.links, lambda: stage.config, stage.world.clock)
        assert "old" in await stage.take(code)

    played(scene)


def test_a_used_code_does_not_take_it_back() -> None:
    """Once somebody else has taken over, the former one's code in the topic is worth nothing; nor does it prolong."""

    async def scene(stage: Stage) -> None:
        await stage.probes("down", minutes=31)
        code = _of(stage, "cara", "unmitigated")
        assert await stage.take(code) == "cara"
        until = stage.incident().acknowledged_until
        await stage.pass_(minutes=1)
        another_life = Taking(stage.engine, stage.links, lambda: stage.config, stage.world.clock)
        for life in (another_life, stage.taking):
            stage.taking = life
            assert "used" in await stage.take(code)
            assert stage.incident().acknowledged_until == until
        await stage.engine.ask("incident/1", ask.Take(by="bob"))
        assert "used" in await stage.take(code)
        assert stage.incident().acknowledged_by == "bob"

    played(scene)


def test_a_closed_incident_is_taken_by_no_code() -> None:
    """What is over stays over."""

    async def scene(stage: Stage) -> None:
        code = stage.code()
        await stage.engine.ask("incident/1", ask.Resolve(by="bob"))
        assert await stage.take(code) not in ("ann", "bob")

    played(scene)


def test_guessing_is_limited_and_does_not_last() -> None:
    """Beyond sixty tries a minute nothing is compared, not even the right code; a minute later it is."""

    async def scene(stage: Stage) -> None:
        for number in range(TRIED_MAX):
            assert "wrong" in await stage.take(f"{number:08}")
        assert "too many" in await stage.take(stage.code())
        await stage.pass_(minutes=1)
        assert await stage.take(stage.code()) == "ann"

    played(scene)


def test_a_code_is_read_as_people_write_it() -> None:
    """Capitals, hyphens, and o for 0 or l for 1 are the same code."""

    async def scene(stage: Stage) -> None:
        code = stage.code()
        worn = code.upper().replace("0", "O").replace("1", "l")
        assert await stage.take(f"{worn[:4]}-{worn[4:]}") == "ann"

    played(scene)


def test_a_suspicion_is_taken_by_its_page() -> None:
    """A suspicion that rings is answered in the same way, once."""

    async def scene(stage: Stage) -> None:
        stage.judge.governing = replace(stage.governing, rulebook=rulebooks.load((), use_builtin=True))
        said = ask.Report(by="support", text="nobody can sign in", via="api", environment="eu")
        heard = await stage.engine.hear(said)
        assert heard.id == "SUS-1"
        assert list(good(stage.engine.streams["suspicion/1"])) == []  # told, not rung: there is no code yet
        await stage.pass_(minutes=11)
        page = next(iter(good(stage.engine.streams["suspicion/1"])))
        code = stage.links.code("SUS-1", page.page, page.contact)
        assert await stage.take(code, id_="SUS-1") == page.contact
        assert await stage.take(code, id_="SUS-1") != page.contact

    played(scene)


@given(st.text(max_size=30))
def test_no_text_breaks_the_door(text: str) -> None:
    """Whatever stands where the code should stand is refused in words; it never fails."""

    async def scene(stage: Stage) -> None:
        assert stage.incident().acknowledged_by is None
        assert await stage.take(text) not in stage.config.contacts
        assert await stage.take("\ud800" + text, id_=text) not in stage.config.contacts

    played(scene)


@given(
    st.integers(1, 999_999_999),
    st.text(alphabet=CODE_LETTERS, min_size=CODE_LENGTH, max_size=CODE_LENGTH),
)
def test_the_sentence_that_a_page_shows_is_the_one_that_is_read(number: int, code: str) -> None:
    """Copying what the page says is enough."""
    assert read(written(f"INC-{number}", code)) == Reply(f"INC-{number}", code)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ack",
        "ack INC-7",
        "please ack INC-7 k7f3q2xz soon or else",
        "INC-7 shop: outage\nAcknowledge by typing: ack INC-7 k7f3q2xz",
        "ack INC-7 k7f3q2xz ann and bob",
        "ack INC-\u0667 k7f3q2xz",
        "ack INC-7 " + "k" * 500,
        "nack INC-7 k7f3q2xz",
    ],
)
def test_anything_but_the_one_sentence_is_no_reply(text: str) -> None:
    """A page of ours in the same topic, talk, and half a sentence acknowledge nothing."""
    assert read(text) is None


def test_the_code_differs_with_the_key() -> None:
    """Whoever has another key makes other codes, of the promised letters and length."""
    clock = Clock(T0.timestamp, lambda: 0.0)
    one, two = (Links(bytes([n]) * 32, lambda: None, clock) for n in (1, 2))
    codes = [links.code("INC-1", page, "ann") for links in (one, two) for page in range(500)]
    assert len(set(codes)) == 1000
    assert all(re.fullmatch(f"[{CODE_LETTERS}]{{{CODE_LENGTH}}}", code) for code in codes)
    assert all(len({code[place] for code in codes}) == 32 for place in range(CODE_LENGTH))

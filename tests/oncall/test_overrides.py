"""Overrides: who may be put on call, for how long, who hears of it, and that a restart forgets none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests.serve.front import API, TOKENS, Front, bearer
from tests.support import T0
from tests.virtual import run
from watcher.incident.command import Refused
from watcher.incident.overrides import EndOverride, Override, Overrides, deadline, decide, evolve

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BOB = {"person": "bob", "for": "2h", "because": "the dentist", "as": "ann"}


def wanted(**changes: Any) -> Override:
    plain = {"person": "bob", "begins": T0, "until": T0 + DAY, "by": "ann", "because": "the dentist"}
    return Override(**{**plain, **changes})


def after(*commands: object) -> Overrides:
    state = Overrides()
    for command in commands:
        for event in decide(state, command, T0):
            state = evolve(state, event)
    return state


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"until": T0}, "ends after it begins"),
        ({"begins": T0 + 2 * DAY}, "ends after it begins"),
        ({"begins": T0 - 9 * DAY, "until": T0 - DAY}, "in the future"),
        ({"until": T0 + 63 * DAY}, "62 days at most"),
        ({"begins": T0 + 370 * DAY, "until": T0 + 371 * DAY}, "within a year"),
    ],
)
def test_an_override_without_a_sensible_end_is_refused(changes: dict[str, Any], because: str) -> None:
    """And nothing is recorded."""
    with pytest.raises(Refused, match=because):
        decide(Overrides(), wanted(**changes), T0)


def test_what_began_in_the_past_begins_now() -> None:
    """Who was on call then is a matter of record."""
    state = after(wanted(begins=T0 - DAY))
    assert [one.begins for one in state.active.values()] == [T0]


def test_there_are_no_more_than_a_hundred() -> None:
    """Each is looked through for every page."""
    with pytest.raises(Refused, match="100 overrides"):
        after(*[wanted()] * 101)


def test_an_override_ends_by_time_and_cannot_be_ended_twice() -> None:
    """The stream waits for its end, and records it."""
    state = after(wanted(until=T0 + HOUR))
    assert deadline(state) == T0 + HOUR
    (ended,) = decide(state, None, T0 + HOUR)
    assert (type(ended).__name__, ended.by) == ("OverrideEnded", "time")  # type: ignore[attr-defined]
    with pytest.raises(Refused, match="no override 1"):
        decide(state, EndOverride(override=1, by="ann"), T0 + HOUR)


def test_overrides_are_numbered_one_after_the_other() -> None:
    """Whatever else was recorded between: a person types the number."""
    state = after(wanted(), wanted(person="cara"), EndOverride(override=2, by="ann"), wanted())
    assert sorted(state.active) == [1, 3]


def test_everybody_concerned_is_told_but_the_one_who_arranged_it() -> None:
    """Bob that he has it, Cara that she has not; Ann knows."""
    *_, page = decide(Overrides(), wanted(instead=("cara", "ann")), T0)
    assert page.to == ("bob", "cara")  # type: ignore[attr-defined]
    assert page.kind == "tell"  # type: ignore[attr-defined]
    assert [type(e).__name__ for e in decide(Overrides(), wanted(by="Bob"), T0)] == ["Overridden"]


def played(scene: Callable[[Front, httpx2.AsyncClient], Awaitable[None]]) -> None:
    async def main() -> None:
        stage = Front(tokens=TOKENS)
        await stage.start()
        async with stage.web() as web:
            web.headers.update(bearer())
            await scene(stage, web)
        await stage.crash()

    run(main())


def test_who_is_put_on_call_is_paged_until_it_ends() -> None:
    """Said, listed, paged; and over the API it is seen who has it until when, and who comes next."""

    async def scene(stage: Front, web: httpx2.AsyncClient) -> None:
        said = (await web.post(f"{API}/overrides", json=BOB)).json()
        assert said["said"] == [
            "ann puts bob on call from Wed 2026-11-25 03:00 until Wed 2026-11-25 05:00 (UTC): the dentist",
            "told: bob",
        ]
        assert said["on_call"]["person"] == "bob"
        assert (said["on_call"]["until"], said["on_call"]["next"]) == ("2026-11-25T05:00:00+00:00", "ann")
        await stage.probe("down")
        await stage.pass_(minutes=1)
        assert [t[:5] for t in stage.titles("bob-phone")] == ["shop:", "INC-1"]
        assert stage.titles("ann-phone") == []
        await stage.pass_(hours=2)
        found = (await web.get(f"{API}/status")).json()
        assert (found["on_call"]["person"], found["overrides"]) == ("ann", [])
        assert stage.titles("ann-phone")

    played(scene)


def test_an_override_outlives_a_restart() -> None:
    """It is a fact of the log."""

    async def main() -> None:
        first = Front(tokens=TOKENS)
        await first.start()
        async with first.web() as web:
            await web.post(f"{API}/overrides", json=BOB, headers=bearer())
        await first.crash()
        second = first.again()
        await second.start()
        await second.probe("down")
        await second.pass_(minutes=1)
        assert any(title.startswith("INC-1") for title in second.titles("bob-phone"))
        await second.crash()

    run(main())


def test_who_is_on_call_by_an_override_and_declares_has_it() -> None:
    """The one to wake is awake; of the one who is relieved that cannot be said."""

    async def scene(stage: Front, web: httpx2.AsyncClient) -> None:
        await web.post(f"{API}/overrides", json=BOB)
        body = {"category": "payments", "text": "charged twice"}
        first = (await web.post(f"{API}/declare", json={**body, "as": "bob"})).json()
        second = (await web.post(f"{API}/declare", json={**body, "environment": "eu", "as": "ann"})).json()
        taken = [stage.engine.streams[f"incident/{n}"].acknowledged_by for n in (1, 2)]
        assert (first["id"], second["id"], taken) == ("INC-1", "INC-2", ["bob", None])

    played(scene)


def test_an_override_that_is_taken_back_gives_the_duty_back() -> None:
    """Both hear of it; a second end is refused, and a number that cannot be one is not found."""

    async def scene(stage: Front, web: httpx2.AsyncClient) -> None:
        number = (await web.post(f"{API}/overrides", json=BOB)).json()["overrides"][0]["override"]
        ended = (await web.delete(f"{API}/overrides/{number}?as=cara")).json()
        again = await web.delete(f"{API}/overrides/{number}?as=cara")
        strange = await web.delete(f"{API}/overrides/x?as=cara")
        assert ended["said"] == [f"override {number} ended by cara", "told: bob, ann"]
        assert ended["on_call"]["person"] == "ann"
        assert (again.status_code, strange.status_code) == (409, 404)

    played(scene)


@pytest.mark.parametrize(
    ("changes", "status", "because"),
    [
        ({"person": "zoe"}, 404, "known are ann, bob, cara"),
        ({"person": None}, 400, "'person' is missing"),
        ({"because": None}, 400, "'because' is missing"),
        ({"for": None}, 400, "one of 'until' and 'for'"),
        ({"until": "2026-12-01 09:00"}, 400, "one of 'until' and 'for'"),
        ({"for": None, "until": "tomorrow"}, 400, "write a moment"),
        ({"from": "9999-12-31 23:59"}, 400, "write a moment"),
        ({"for": "63d"}, 409, "62 days"),
        ({"by": "on-call", "as": None}, 409, "is a role"),
    ],
)
def test_half_an_override_is_refused_with_its_mend(
    changes: dict[str, Any], status: int, because: str
) -> None:
    """Nothing is recorded, and nobody is told."""

    async def scene(stage: Front, web: httpx2.AsyncClient) -> None:
        body = {name: value for name, value in {**BOB, **changes}.items() if value is not None}
        found = await web.post(f"{API}/overrides", json=body)
        assert (found.status_code, because in found.json()["error"]) == (status, True), found.text
        assert stage.events("overrides") == []

    played(scene)


@pytest.mark.parametrize("takes", [("tell",), ("wake", "tell")])
def test_a_loud_target_that_takes_no_pages_is_warned_of(takes: tuple[str, ...]) -> None:
    """Bob's phone rings, but only pages make it ring, and it takes none: he would sleep."""

    async def scene(stage: Front, web: httpx2.AsyncClient) -> None:
        targets = stage.config.targets
        phone = targets["bob-phone"].model_copy(update={"for_": frozenset(takes)})
        stage.config = stage.config.model_copy(update={"targets": {**targets, "bob-phone": phone}})
        said = (await web.post(f"{API}/overrides", json=BOB)).json()
        assert bool(said["warnings"]) == ("wake" not in takes)

    played(scene)


def test_who_cannot_be_woken_is_warned_of() -> None:
    """It is taken all the same: a person decides."""

    async def scene(stage: Front, web: httpx2.AsyncClient) -> None:
        contacts = stage.config.contacts
        quiet = contacts["bob"].model_copy(update={"targets": ("chat",)})
        stage.config = stage.config.model_copy(update={"contacts": {**contacts, "bob": quiet}})
        said = (await web.post(f"{API}/overrides", json=BOB)).json()
        assert said["warnings"] == [
            "no target of bob wakes: a page would not ring; mark one with wakes: true"
        ]

    played(scene)


def test_who_is_on_call_is_asked_of_a_moment() -> None:
    """In the zone of the hand-over where no offset is written; a moment that is none is refused."""

    async def scene(stage: Front, web: httpx2.AsyncClient) -> None:
        await web.post(f"{API}/overrides", json={**BOB, "from": "2026-12-24T18:00", "for": "3d"})
        before = (await web.get(f"{API}/on-call", params={"at": "2026-12-24 17:59"})).json()
        within = (await web.get(f"{API}/on-call", params={"at": "2026-12-24T19:00:00+01:00"})).json()
        bad = await web.get(f"{API}/on-call", params={"at": "0001-01-01"})
        assert (before["person"], within["person"], within["via"]) == ("ann", "bob", "override")
        assert [one["person"] for one in before["ahead"]] == ["ann", "bob", "ann"]
        assert bad.status_code == 400

    played(scene)


def test_without_a_token_nobody_is_put_on_call_from_outside() -> None:
    """Nor told who has it."""

    async def main() -> None:
        stage = Front(tokens=TOKENS)
        await stage.start()
        async with stage.web(client="203.0.113.9", base="https://watcher.shop.example") as web:
            asked = await web.get(f"{API}/on-call")
            put = await web.post(f"{API}/overrides", json=BOB)
            ended = await web.delete(f"{API}/overrides/1?as=ann")
        assert [answer.status_code for answer in (asked, put, ended)] == [401, 401, 401]
        await stage.crash()

    run(main())


def test_a_moment_that_cannot_be_read_is_named_by_its_own_words() -> None:
    """At a terminal it was an option, over the API a query: what was written is the same in both."""

    async def scene(stage: Front, web: httpx2.AsyncClient) -> None:
        found = await web.get(f"{API}/on-call", params={"at": "tomorrow"})
        assert found.status_code == 400
        assert found.json()["error"].startswith("'tomorrow': write a moment as")

    played(scene)

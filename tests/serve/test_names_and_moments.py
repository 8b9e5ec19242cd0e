"""Whose word it may be, and when a deployment may have been."""

from __future__ import annotations

import pytest

from tests.cli.answering import DONE, ask, daemon
from tests.serve.front import API, Front, played

INC = f"{API}/incidents/INC-1"


@pytest.mark.parametrize(
    "name",
    [
        "the watcher",
        "The  Watcher",
        "the-watcher",
        "watcher",
        "Hotfix Watcher",
        "\uff54he watcher",
        "health:api",
        "Sentry: shop",
        "report:api",
    ],
)
def test_nobody_speaks_under_a_name_of_the_watchers_or_a_sources(name: str) -> None:
    """In a timeline a person's word must not pass for what was measured: every way in refuses it, and writes nothing."""

    async def scene(stage: Front) -> None:
        before = stage.events()
        held = {"match": {"system": "api"}, "for": "1h", "because": "x"}
        async with stage.web() as web:
            answers = [
                await web.post(f"{INC}/note", json={"as": name, "text": "all is well"}),
                await web.post(f"{INC}/tick", json={"as": name, "item": "error-rate"}),
                await web.post(f"{API}/silences", json={**held, "by": name}),
                await web.post(f"{API}/deploys", json={"version": "1.0.1", "as": name}),
                await web.post(f"{API}/declare", json={"as": name, "category": "outage", "text": "x"}),
            ]
            signed = await web.post(
                "/sign-in",
                data={"name": name, "onward": "/"},
                headers={"origin": "http://127.0.0.1:9120"},
            )
        assert {(one.status_code, "a name of your own" in one.json()["error"]) for one in answers} == {
            (400, True)
        }
        assert (signed.status_code, "a name of your own" in signed.text) == (400, True)
        assert stage.events() == before

    played(scene)


@pytest.mark.parametrize("name", ["ann", "watchers", "Ann Watcher", "release: web", "healthy", "ci"])
def test_a_name_of_somebodys_own_is_taken(name: str) -> None:
    """What only resembles ours belongs to people and jobs."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            noted = await web.post(f"{INC}/note", json={"as": name, "text": "x"})
            assert (noted.status_code, noted.json()["said"]) == (200, [f"{name} notes: x"])

    played(scene)


def test_whoever_became_the_daemons_user_acts_under_their_own_name() -> None:
    """`sudo -u watcher watcher ack` is said by whoever typed it; where nobody knows who that was, by the token."""
    with daemon(incidents__INC_1__ack=DONE) as server:
        ask("ack", "INC-1", url=server.url, USER="watcher", LOGNAME="watcher", SUDO_USER="bob")
        ask("ack", "INC-1", url=server.url, USER="watcher", LOGNAME="watcher", SUDO_USER="")
    assert [body for method, _, body, _ in server.asked if method == "POST"] == [{"as": "bob"}, {}]


def test_what_is_said_to_be_out_is_not_still_to_come() -> None:
    """A moment in the future is refused with the moment that it is here; a clock that is a little fast is let pass."""

    async def scene(stage: Front) -> None:
        now = stage.world.clock.now()
        fast = now.replace(second=0, microsecond=0).isoformat()
        async with stage.web() as web:
            far = await web.post(f"{INC}/deployed", json={"as": "ann", "at": "2031-01-01T00:00:00Z"})
            told = await web.post(
                f"{API}/deploys", json={"as": "ci", "version": "1", "deployed_at": "2031-01-01T00:00:00Z"}
            )
            for answer in (far, told):
                assert (answer.status_code, "in the future: here it is 2026-" in answer.json()["error"]) == (
                    400,
                    True,
                )
            assert "Deployed" not in stage.events()
            near = now.replace(minute=now.minute + 2).isoformat()
            for at in (fast, near):
                taken = await web.post(f"{API}/deploys", json={"as": "ci", "version": at, "deployed_at": at})
                assert taken.status_code == 200
            taken = await web.post(f"{INC}/deployed", json={"as": "ann", "version": "2", "at": near})
            assert taken.status_code == 200

    played(scene)

"""The overview and the history: what stands on them, and the forms for silences and overrides."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.serve.front import TOKENS, Front, played
from tests.support import T0
from tests.theatre import CONFIG
from tests.virtual import run
from tests.web.browser import Browser
from watcher.incident import command as ask
from watcher.log import Append
from watcher.log.memory import MemoryLog
from watcher.observation import Blind


def row(number: int, **columns: object) -> Append:
    """One closed incident of the past, as its milestones say."""
    opened = T0 - timedelta(days=number)
    plain = {
        "category": "outage",
        "status": "resolved",
        "environment": "production",
        "title": f"the API was down, {number}",
        "started_at": opened,
        "detected_at": opened,
        "opened_at": opened,
        "paged_at": opened,
        "acknowledged_at": opened + timedelta(minutes=2),
        "decided_at": None,
        "mitigated_at": opened + timedelta(minutes=30),
        "resolved_at": opened + timedelta(hours=3),
        "outcome": "resolved",
        "recommendation": None,
        "decision": None,
        "deployment_caused": None,
        "reopenings": 0,
    }
    name = f"incident/{number}"
    return Append(
        stream=name, kind="incident", expected_version=0, events=(), open=False, columns=plain | columns
    )


def test_the_overview_says_how_everything_stands() -> None:
    """What is open, who is on call, what is seen, what is owed, when it was last practised."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as ann:
            page = await ann.sign_in(TOKENS["cli"], "ann")
            for words in ("INC-1", "On call ann", "health:api down", "Pages pending", "Last drill never"):
                assert words in page.text, words
            assert "Last canary none is set up" in page.text
            await stage.engine.ask("incident/1", ask.Resolve(by="ann"))
            page = await ann.open("/")
            assert "None. All is quiet." in page.text
            now = stage.world.clock.now()
            await stage.engine.submit(Blind(source="health:api", at=now, reason="timeout"))
            await stage.pass_(milliseconds=50)
            page = await ann.open("/")
        assert "None is open; but health:api cannot see." in page.text
        assert "quiet" not in page.text

    played(scene, tokens=TOKENS)


def test_without_an_incident_there_is_no_time_and_no_zero() -> None:
    """Neither a 0 nor a NaN: words."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as ann:
            page = await ann.sign_in(TOKENS["cli"], "ann")
            assert "No incident was resolved in the last 30 days." in page.text
            times = page.text.partition("Response times")[2].partition("On call")[0]
            assert "No incident" in times
            assert not re.search(r"\b(nan|none|0 s)\b", times, re.IGNORECASE)
            page = await ann.open("/history?category=payments")
            assert "No incident." in page.text

    played(scene, tokens=TOKENS)


def test_response_times_are_said_with_how_many_they_are_of() -> None:
    """Median, nine in ten, longest and n."""

    async def main() -> None:
        log = MemoryLog()
        log.append(
            [row(n, mitigated_at=T0 - timedelta(days=n) + timedelta(minutes=10 * n)) for n in (1, 2, 3)], {}
        )
        stage = Front(log, tokens=TOKENS)
        await stage.start()
        async with Browser(stage) as ann:
            page = await ann.sign_in(TOKENS["cli"], "ann")
        await stage.crash()
        assert "Restored (MTTR) 20 min 30 min 30 min 3" in page.text

    run(main())


def test_a_silence_is_put_and_ended_on_the_page() -> None:
    """With its end, its author and its reason; what is missing is said, and what was typed is kept."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as ann:
            await ann.sign_in(TOKENS["cli"], "ann")
            page = await ann.send("/silences", key="system", value="billing")
            assert (page.status, 'value="billing"' in page.html) == (400, True)
            await ann.send(
                "/silences", key="system", value="billing", because="a planned move", **{"for": "2h"}
            )
            for words in ("system is billing; until 2026-11-25 05:00 UTC", "a planned move (by ann)"):
                assert words in ann.page.text
            await ann.send("/silences/1/end")
            assert "Silences None." in ann.page.text

    played(scene, tokens=TOKENS)


def test_an_override_is_put_and_ended_on_the_page() -> None:
    """Somebody else has it from now on, and then no more."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as ann:
            await ann.sign_in(TOKENS["cli"], "ann")
            await ann.send("/overrides", person="bob", because="ann is ill", **{"for": "8h"})
            assert "On call bob" in ann.page.text
            await ann.send("/end", "End override")
            assert "On call ann" in ann.page.text

    played(scene, tokens=TOKENS)


def test_the_silence_form_says_the_same_doubt_as_the_api() -> None:
    """Of a system that was never heard of, likely a slip of the pen; of one that is known nothing."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as ann:
            await ann.sign_in(TOKENS["cli"], "ann")
            more = {"because": "a load test", "for": "1h"}
            page = await ann.send("/silences", key="system", value="aip", **more)
            assert (
                "Silenced. What matches opens nothing until then. But nothing of the system 'aip'"
                in page.text
            )
            page = await ann.send("/silences", key="system", value="api", **more)
            assert ("opens nothing until then." in page.text, "But nothing" in page.text) == (True, False)
            page = await ann.post("/silences/x/end", {"seal": ann.seal()})
            assert "There is no such silence" in page.text

    played(scene, tokens=TOKENS)


def test_the_override_form_says_who_would_not_wake() -> None:
    """The same warning that the terminal shows."""

    async def scene(stage: Front) -> None:
        targets = stage.config.targets
        phone = targets["bob-phone"].model_copy(update={"wakes": False})
        stage.config = stage.config.model_copy(update={"targets": {**targets, "bob-phone": phone}})
        async with Browser(stage) as ann:
            await ann.sign_in(TOKENS["cli"], "ann")
            page = await ann.send("/overrides", person="bob", because="ann is ill", **{"for": "8h"})
            assert "Whoever is relieved is told. But no target of bob wakes" in page.text
            assert stage.events("overrides").count("Overridden") == 1

    played(scene, tokens=TOKENS)


def test_everything_about_on_call_is_in_the_zone_of_the_hand_over() -> None:
    """One clock in one card: until when, the overrides, what comes next, and what the field takes."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as ann, stage.web() as web:
            await ann.sign_in(TOKENS["cli"], "ann")
            page = await ann.send("/overrides", person="bob", because="ann is ill", **{"for": "8h"})
            card = page.text.partition("On call bob")[2].partition("Silences")[0]
            assert "override, until Wed 2026-11-25 12:00 (Europe/Berlin); then ann" in card
            assert "bob from Wed 2026-11-25 04:00 until Wed 2026-11-25 12:00 (Europe/Berlin)" in card
            assert "ann from Wed 2026-11-25 12:00 (Europe/Berlin)" in card
            assert "From, Europe/Berlin (empty: now)" in card
            assert "UTC" not in card
            body = {"person": "cara", "until": "2026-11-25 20:00", "because": "x", "as": "ann"}
            asked = {"authorization": f"Bearer {TOKENS['cli']}"}
            said = (await web.post("/api/v1/overrides", json=body, headers=asked)).json()["said"]
            assert said[0].startswith(
                "ann puts cara on call from Wed 2026-11-25 04:00 until Wed 2026-11-25 20:00 (Europe/Berlin)"
            )

    text = CONFIG.replace("{default: ann}", "{default: ann, zone: Europe/Berlin}")
    played(scene, tokens=TOKENS, text=text)


@pytest.mark.parametrize("path", ["/silences", "/overrides", "/silences/1/end", "/overrides/1/end"])
def test_the_forms_of_the_overview_need_a_seal_and_a_session(path: str) -> None:
    """Neither a link's session, nor a form without its seal."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as ann:
            await ann.follow(stage.links("INC-1", "ann"), "ann")
            assert (await ann.post(path, {"seal": ann.seal()})).status == 401
            await ann.sign_in(TOKENS["cli"], "ann")
            assert (await ann.post(path, {"seal": "x"})).status == 403

    played(scene, tokens=TOKENS)


def past(**options: object) -> Front:
    """A log of sixty closed incidents, one a day, every third a false alarm of payments."""
    log = MemoryLog()
    false = {"category": "payments", "outcome": "false_alarm", "status": "false_alarm"}
    log.append([row(n, **(false if n % 3 == 0 else {})) for n in range(60, 0, -1)], {})
    return Front(log, tokens=TOKENS)


def test_the_history_is_paged_and_filtered() -> None:
    """Newest first, 25 on a page; by category, outcome and month; the filter stays when one goes on."""

    async def main() -> None:
        stage = past()
        await stage.start()
        async with Browser(stage) as ann:
            await ann.sign_in(TOKENS["cli"], "ann")
            seen: list[str] = []
            path = "/history"
            while path:
                page = await ann.open(path)
                seen += ids(page.html)
                path = older(page.html)
            assert seen == [f"INC-{n}" for n in range(1, 61)]
            page = await ann.open("/history?category=payments")
            assert ids(page.html) == [f"INC-{n}" for n in range(3, 61, 3)]
            page = await ann.open("/history?outcome=resolved&month=2026-10")
            assert ids(page.html) == [f"INC-{n}" for n in range(25, 56) if n % 3]
            page = await ann.open("/history?outcome=open")
            assert "No incident." in page.text
        await stage.crash()

    run(main())


def ids(html: str) -> list[str]:
    return [part.split('"')[0] for part in html.split('<a href="/incidents/')[1:]]


def older(html: str) -> str:
    """Where the link to older ones leads."""
    before, found, _ = html.partition('">Older</a>')
    return before.rpartition('href="')[2].replace("&amp;", "&") if found else ""


@pytest.mark.parametrize(
    "query", ["category=x", "outcome=x", "month=2026-13", "month=x", "before=x", "before=SUS"]
)
def test_a_filter_that_there_is_not_is_refused(query: str) -> None:
    """400 with words, not an empty list."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as ann:
            await ann.sign_in(TOKENS["cli"], "ann")
            page = await ann.open(f"/history?{query}")
        assert (page.status, "no such filter" in page.text) == (400, True)

    played(scene, tokens=TOKENS)

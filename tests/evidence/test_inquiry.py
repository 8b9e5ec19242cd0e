"""When evidence is asked for: again and again, of whom there is something to ask, and never before a page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from tests.evidence.stage import (
    HANGS,
    Enquired,
    active,
    ago,
    held,
    issue,
    met,
    played,
)


def test_a_glitchtip_counts_no_users_and_that_is_said_once() -> None:
    """It is asked neither for sessions nor for events; the search goes on to the next way."""

    async def main() -> None:
        tells = {"version": "5.1.0", "serverTimeZone": "UTC", "billingEnabled": False}
        stage = await Enquired(held(issue("7")), {"/api/settings/": tells}).start()
        await stage.fail("7")
        await stage.pass_(minutes=5)
        assert [m for m in stage.shares() if "GlitchTip" in m] == list(stage.shares())
        assert stage.events().count("ImpactMeasured") == 1
        assert not stage.server.questions("/sessions/")
        assert not stage.server.questions("/events/")
        await stage.crash()

    played(main)


def test_an_incident_is_measured_again_each_minute_until_it_is_mitigated() -> None:
    """Not more often, however many turns there are; and never after."""

    async def main() -> None:
        tracker = held(
            issue("7", *met(range(30), ago(minutes=50))), sessions=active(range(100), ago(minutes=55))
        )
        stage = await Enquired(tracker).start()
        await stage.fail("7")
        for _ in range(10):
            await stage.fail("7")
            await stage.pass_(seconds=58)
        asked = len(stage.server.questions("/sessions/")) / 2
        assert 10 <= asked <= 12
        for _ in range(40):  # clean
            await stage.engine.submit(_clean(stage))
            await stage.pass_(seconds=30)
        assert stage.incident().status == "watching"
        before = len(stage.server.asked)
        await stage.pass_(minutes=5)
        assert len(stage.server.asked) == before
        await stage.crash()

    played(main)


def _clean(stage: Enquired) -> Any:
    from watcher.observation import Sweep

    return Sweep(source="sentry:shop", at=stage.world.clock.now(), signals=())


def test_no_page_waits_for_evidence_that_never_comes() -> None:
    """With every endpoint hanging the first page leaves within a tenth of a second of the verdict."""

    async def main() -> None:
        tracker = held(issue("7", *met(range(30), ago(minutes=50))))
        stage = await Enquired(tracker, {"/": HANGS}).start()
        began = stage.world.clock.now()
        await stage.fail("7")
        await stage.pass_(minutes=2)
        rows = {type(row.event).__name__: row.event for row in reversed(stage.log.read("incident/1"))}
        assert rows["PageAccepted"].at - began <= timedelta(milliseconds=100)
        assert stage.server.asked
        assert rows["ImpactMeasured"].at > rows["PageAccepted"].at
        await stage.crash()

    played(main)


def test_a_server_that_asks_us_to_wait_is_left_alone() -> None:
    """Evidence makes nothing worse for a server that is asked too much."""

    async def main() -> None:
        slow = Response(status_code=429, headers={"Retry-After": "180"})
        stage = await Enquired(held(issue("7")), {"/sessions/": slow}).start()
        await stage.fail("7")
        before = len(stage.server.asked)
        await stage.pass_(seconds=170)
        assert len(stage.server.asked) == before
        await stage.pass_(seconds=80)
        assert len(stage.server.asked) > before
        await stage.crash()

    played(main)

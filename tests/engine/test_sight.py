"""Blind is neither healthy nor down: it is told, it wakes where nothing sees, and our own network is not the service's."""

from __future__ import annotations

from datetime import timedelta

from tests.theatre import CONFIG, Theatre
from tests.virtual import run
from watcher.incident.command import Acknowledge
from watcher.observation import Blind, Reference

WITH_REFERENCE = CONFIG + "blind: {reference: ['https://reference.example/']}\n"


async def stage_with_reference() -> Theatre:
    stage = await Theatre(text=WITH_REFERENCE).start()
    await refer(stage, reached=True)
    return stage


async def refer(stage: Theatre, *, reached: bool) -> None:
    await stage.engine.submit(Reference(at=stage.world.clock.now(), reached=reached))
    await stage.pass_(milliseconds=10)


async def seconds(
    stage: Theatre, many: int, *, network: bool, state: str = "down", row: object = None
) -> None:
    """Both say the same again and again: the reference every five seconds, the probe every ten."""
    for number in range(many // 5):
        await refer(stage, reached=network)
        if number % 2:
            await stage.probe(state, started_at=row, on_the_way=state == "down")
        await stage.pass_(seconds=4.98 if number % 2 else 4.99)


def test_a_timeout_with_the_reference_reached_is_the_services() -> None:
    """The reference was tried since the failure began: the page leaves at once."""

    async def main() -> None:
        stage = await stage_with_reference()
        row = stage.world.clock.now()
        await stage.pass_(seconds=3)
        await refer(stage, reached=True)
        await stage.probe("down", started_at=row, on_the_way=True)
        assert len(stage.titles("ann-phone")) == 1

    run(main())


def test_a_failure_waits_for_a_reference_that_is_as_young() -> None:
    """The last one was reached before the failure began: the next one, seconds later, tells."""

    async def main() -> None:
        stage = await stage_with_reference()
        await stage.pass_(seconds=2)
        row = stage.world.clock.now()
        await stage.probe("down", started_at=row, on_the_way=True)
        assert stage.titles() == []
        await refer(stage, reached=True)
        await stage.pass_(milliseconds=10)
        assert len(stage.titles("ann-phone")) == 1

    run(main())


def test_no_reference_at_all_does_not_hold_a_page_for_ever() -> None:
    """Better a false page than none."""

    async def main() -> None:
        stage = await Theatre(text=WITH_REFERENCE).start()
        row = stage.world.clock.now()
        for _ in range(5):
            await stage.probe("down", started_at=row, on_the_way=True)
            await stage.pass_(seconds=10)
        assert len(stage.titles("ann-phone")) == 1

    run(main())


def test_a_refused_connection_needs_no_reference() -> None:
    """The other machine said no itself."""

    async def main() -> None:
        stage = await Theatre(text=WITH_REFERENCE).start()
        await stage.probe("down", on_the_way=False)
        assert len(stage.titles("ann-phone")) == 1

    run(main())


def test_our_own_network_away_for_ten_minutes_opens_nothing() -> None:
    """And afterwards all is well, told once."""

    async def main() -> None:
        stage = await stage_with_reference()
        row = stage.world.clock.now()
        await seconds(stage, 600, network=False, row=row)
        await refer(stage, reached=True)
        await stage.probe(
            "down", started_at=row, on_the_way=True
        )  # the last look of the time away comes late
        await seconds(stage, 60, network=True, state="up")
        assert stage.log.count("incident") == 0
        assert stage.events("source/network")[0] == "SourceBlinded"

    run(main())


def test_a_real_outage_during_it_is_one_page_after() -> None:
    """The row of failures goes on when we are back: then it counts."""

    async def main() -> None:
        stage = await stage_with_reference()
        row = stage.world.clock.now()
        await seconds(stage, 600, network=False, row=row)
        assert stage.log.count("incident") == 0
        await seconds(stage, 30, network=True, row=row)
        wakes = [p for p in stage.sender.pages("ann-phone") if p.kind == "wake" and "INC" in p.title]
        assert len(wakes) == 1

    run(main())


def test_nobody_climbs_while_we_are_away() -> None:
    """An incident that was open before: its higher rungs wait for the first look after."""

    async def main() -> None:
        stage = await stage_with_reference()
        row = stage.world.clock.now() - timedelta(seconds=5)
        await stage.probe("down", started_at=row)
        await seconds(stage, 480, network=True, row=row)
        await seconds(stage, 540, network=False, row=row)
        assert stage.sender.pages("cara-phone") == []
        assert "WatchLost" in stage.events()
        await seconds(stage, 60, network=True, row=row)
        assert len(stage.sender.pages("cara-phone")) == 1

    run(main())


def blind(stage: Theatre, source: str = "health:api") -> Blind:
    return Blind(source=source, at=stage.world.clock.now(), reason="auth", detail="401 from the server")


def test_one_blind_eye_is_told_once_and_its_sight_too() -> None:
    """Quietly, after it has lasted; the reason is in it."""

    async def main() -> None:
        text = CONFIG.replace("contacts:", "    - {name: web, url: 'http://app.example/'}\ncontacts:")
        stage = await Theatre(text=text).start()
        for _ in range(12):
            await stage.engine.submit(blind(stage))
            await stage.pass_(seconds=30)
        assert [p.kind for p in stage.sender.pages("ann-phone")] == ["tell"]
        page = stage.sender.pages("ann-phone")[0]
        assert "health:api cannot see" in page.title
        assert "auth: 401 from the server" in page.lines[0]
        await stage.probe("up")
        assert "sees again" in stage.titles("ann-phone")[-1]
        await stage.pass_(hours=2)
        assert len(stage.titles("ann-phone")) == 2

    run(main())


def test_nothing_that_sees_wakes_after_ten_minutes() -> None:
    """And again while it lasts; those who were woken hear when something sees again."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.engine.submit(blind(stage))
        await stage.pass_(minutes=9)
        assert [p.kind for p in stage.sender.pages("ann-phone")] == ["tell"]
        await stage.pass_(minutes=2)
        page = stage.sender.pages("ann-phone")[-1]
        assert page.kind == "wake"
        assert "nobody is watching production" in page.title
        assert (page.link, page.command) == ("", "")
        await stage.pass_(minutes=30)
        await stage.probe("up")
        titles = [t for t in stage.titles("ann-phone") if "production" in t]
        assert len(titles) == 3
        assert "is seen again" in titles[-1]

    run(main())


def test_a_maintenance_keeps_what_matches_from_opening() -> None:
    """Until its end; what still fails then pages at once."""

    async def main() -> None:
        window = "maintenance: [{from: '2026-11-25T03:00:00Z', to: '2026-11-25T03:30:00Z', match: {system: api}, author: ann}]\n"
        stage = await Theatre(text=CONFIG + window).start()
        await stage.probes("down", 29)
        assert stage.titles() == []
        await stage.probes("down", 2)
        assert len(stage.titles("ann-phone")) == 1
        await stage.engine.ask("incident/1", Acknowledge(by="ann", via="cli"))

    run(main())

"""What an endpoint says, or does not say, while our own network is in doubt, and when it rings. Virtual time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.network.shop import (
    WITH_REFERENCE,
    Answer,
    Shop,
    asks_to_sign_in,
    fails,
    nowhere,
    passes,
    swallows,
    well,
)
from tests.virtual import run
from watcher.incident.event import Recovered

FOUR_MINUTES = timedelta(minutes=4)


@pytest.mark.parametrize("moment", [0, 3, 7, 9.9])
def test_a_sign_in_page_rings_within_four_minutes_while_the_reference_answers(moment: float) -> None:
    """Four minutes of effective time after the first such answer, wherever between two looks it came."""

    async def main() -> None:
        shop = Shop()
        async with shop.watched(seed=int(moment * 10)):
            await passes(seconds=120 + moment)
            began, shop.app = shop.now(), asks_to_sign_in
            await passes(minutes=5)
        first = shop.phones.wakes("ann-phone")[0]
        assert timedelta(minutes=3) <= first.at - began <= FOUR_MINUTES
        assert "a sign-in page answers in its place" in first.page.title

    run(main())


def test_a_sign_in_page_does_not_ring_while_the_reference_fails() -> None:
    """What demands a sign-in may be the network that we are in: it rings once the reference answers, if it goes on."""

    async def main() -> None:
        shop = Shop()
        async with shop.watched():
            await passes(minutes=2)
            shop.app, shop.reference = asks_to_sign_in, nowhere
            await passes(minutes=9)
            assert shop.phones.wakes() == []
            back, shop.reference = shop.now(), well
            await passes(minutes=4)
        (first, *_) = shop.phones.wakes("ann-phone")
        assert timedelta(0) < first.at - back <= FOUR_MINUTES

    run(main())


def test_a_sign_in_page_that_goes_with_our_trouble_never_rings() -> None:
    """The network let us in again, and the endpoint is well: nothing happened to the service."""

    async def main() -> None:
        shop = Shop()
        async with shop.watched():
            await passes(minutes=2)
            shop.app, shop.reference = asks_to_sign_in, nowhere
            await passes(minutes=9)
            shop.app, shop.reference = well, well
            await passes(minutes=10)
        assert shop.log.count("incident") == 0

    run(main())


@pytest.mark.parametrize(("app", "reference"), [(nowhere, nowhere), (asks_to_sign_in, well)])
def test_time_in_which_nobody_saw_it_well_is_no_recovery(app: Answer, reference: Answer) -> None:
    """Two and a half clean minutes, then no answer that speaks of health: five clean minutes were not seen."""

    async def main() -> None:
        shop = Shop()
        async with shop.watched():
            await passes(minutes=2)
            shop.app = fails
            await passes(minutes=1)
            shop.app = well
            await passes(minutes=2, seconds=30)
            assert shop.names()["SignalsCleared"] == 1
            shop.app, shop.reference = app, reference
            await passes(minutes=9)
            assert [fact for fact in shop.facts() if isinstance(fact, Recovered)] == []
            shop.app, shop.reference = well, well
            await passes(minutes=6)
        assert shop.names()["Recovered"] == 1

    run(main())


@pytest.mark.parametrize(
    "timeout",
    ["5s", pytest.param("15s")],
)
@pytest.mark.parametrize("away", [60.0, 63.3, 600.0])
def test_what_was_under_way_when_our_network_came_back_is_no_outage(timeout: str, away: float) -> None:
    """A request that was lost meanwhile fails late, for a network that is there again: as late as its timeout."""

    async def main() -> None:
        shop = Shop(WITH_REFERENCE.replace("critical: true}", f"critical: true, timeout: {timeout}}}"))
        async with shop.watched(seed=0):
            await passes(minutes=2)
            shop.app, shop.reference = swallows, swallows
            await passes(seconds=away)
            shop.app, shop.reference = well, well
            await passes(minutes=3)
        assert shop.log.count("incident") == 0

    run(main())

"""Our network was away for ten minutes, pager and all, and is back: what people hear then. The whole daemon, virtual time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.network.shop import Answer, Rang, Shop, fails, nowhere, passes, well
from tests.virtual import run

SOON = timedelta(seconds=15)


async def away(before: Answer, after: Answer, seconds: float = 600) -> tuple[Shop, datetime, list[Rang]]:
    """A minute of `before`, then without our network, two minutes of `after`. What was heard since it is back."""
    shop = Shop()
    async with shop.watched():
        await passes(minutes=2)
        shop.app = before
        await passes(minutes=1)
        shop.app = shop.reference = nowhere
        shop.phones.reachable = False
        await passes(seconds=seconds)
        back, heard = shop.now(), len(shop.phones.rang)
        shop.app, shop.reference, shop.phones.reachable = after, well, True
        await passes(minutes=2, seconds=30)
    return shop, back, shop.phones.rang[heard:]


def wakes(heard: list[Rang], target: str) -> list[Rang]:
    return [rang for rang in heard if rang.page.kind == "wake" and rang.target == target]


def test_whoever_was_paged_before_rings_once_again() -> None:
    """The repetition that was owed, and the next one after the usual time."""

    async def main() -> None:
        _, _, heard = await away(fails, fails)
        assert len([rang for rang in wakes(heard, "ann-phone") if "unacknowledged" in rang.page.title]) == 1

    run(main())


@pytest.mark.parametrize("seconds", [620, 640])
def test_what_was_owed_leaves_as_soon_as_the_network_is_back(seconds: float) -> None:
    """The one on call at once: nothing waits for its next try once the reference is reached."""

    async def main() -> None:
        _, back, heard = await away(fails, fails, seconds)
        owed = [rang for rang in wakes(heard, "ann-phone") if "unacknowledged" in rang.page.title]
        assert owed[0].at - back <= SOON

    run(main())


def test_nothing_rings_where_nothing_was_wrong() -> None:
    """Neither the application nor anything else wakes somebody for a network that was ours."""

    async def main() -> None:
        shop, _, heard = await away(well, well)
        assert [rang for rang in heard if rang.page.kind == "wake"] == []
        assert shop.log.count("incident") == 0

    run(main())


def test_nobody_hears_of_a_blindness_that_is_over() -> None:
    """At most that it is over: `cannot see` is wrong by the time at which it could be sent."""

    async def main() -> None:
        _, _, heard = await away(well, well)
        assert [rang.page.title for rang in heard if "cannot see" in rang.page.title] == []

    run(main())


def test_a_page_that_its_target_took_is_not_sent_to_the_fallback_as_well() -> None:
    """Both were tried in vain while the network was away; one of them is enough once it is back."""

    async def main() -> None:
        _, _, heard = await away(fails, fails)
        took = {rang.page.id.partition("@")[0] for rang in wakes(heard, "ann-phone")}
        assert [r for r in wakes(heard, "chat-2") if r.page.id.partition("@")[0] in took] == []

    run(main())

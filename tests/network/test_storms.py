"""A storm is one incident and one page; what flaps rings as its ladder says, and no oftener. The whole daemon, virtual time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

import httpx2
import pytest

from notifiers.page import Page
from tests.network.shop import Phones, Shop, fails, passes, well
from tests.theatre import CONFIG, clock
from tests.virtual import run
from watcher.demo.sentry import sentry_app
from watcher.demo.tracker import Issue, Project, Release, State, spread
from watcher.incident.event import PageRequested

TOKEN = "sntryu_0123456789abcdef0123456789abcdef"
WITH_SENTRY = (
    CONFIG
    + """\
sentry:
  - {name: shop, url: "http://sentry.example", organization: acme, token: "${STORM_TOKEN}"}
"""
)
PRIVATE = CONFIG.replace(', public_url: "https://watcher.shop.example"', "")
"""Where the daemon has no public address its API needs no token."""
SHOP = Project(id="2", slug="shop", name="Shop")
FIRST, SECOND = 500, 200
EVERYBODY = ("chat", "ann-phone")


@dataclass
class Tracker:
    """What the simulated Sentry holds; issues are added as the storm grows."""

    issues: tuple[Issue, ...] = ()
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 10_000)))

    def at(self, now: datetime) -> State:
        release = Release(
            id=1, version="shop@2.41.1", created_at=now - timedelta(minutes=9), projects=(SHOP,)
        )
        return State(projects=(SHOP,), releases=(release,), issues=self.issues)

    def fail(self, many: int, now: datetime) -> None:
        """So many issues more, each a failing sign-in that met six users in the last minute."""
        rows = spread(events=6, users=6, since=now - timedelta(minutes=1), until=now, release="shop@2.41.1")
        self.issues += tuple(
            Issue(
                id=str(n),
                project=SHOP,
                title=f"CallbackRouteError: sign in failed ({n})",
                error_type="CallbackRouteError",
                value=f"sign in failed ({n})",
                occurrences=rows,
            )
            for n in islice(self.numbers, many)
        )


def by_target(pages: Phones, kind: str) -> Counter[str]:
    return Counter(rang.target for rang in pages.rang if rang.page.kind == kind)


def says(page: Page) -> str:
    return "\n".join((page.title, *page.lines))


def test_five_hundred_issues_in_one_look_are_one_page_and_one_follow_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One incident, one page a target that counts them, and what joins after it is one message with the new count."""
    monkeypatch.setenv("STORM_TOKEN", TOKEN)

    async def main() -> None:
        held = Tracker()
        app = sentry_app(held, token=TOKEN, clock=clock())
        shop = Shop(WITH_SENTRY, tracker=httpx2.ASGITransport(app=app))
        async with shop.watched():
            await passes(minutes=1)
            held.fail(FIRST, shop.now())
            await passes(seconds=40)
            assert by_target(shop.phones, "wake") == dict.fromkeys(EVERYBODY, 1)
            assert f"and {FIRST - 3} more signals" in says(shop.phones.rang[0].page)
            held.fail(SECOND, shop.now())
            await passes(seconds=90)
        assert shop.log.count("incident") == 1
        assert by_target(shop.phones, "wake") == dict.fromkeys(EVERYBODY, 1)
        assert by_target(shop.phones, "tell") == dict.fromkeys(EVERYBODY, 1)
        asked = [fact.title for fact in shop.facts() if isinstance(fact, PageRequested)]
        assert (
            sum(f"now {FIRST + SECOND} signals fail" in title for title in asked) == 1
        )  # told within ten minutes
        assert (shop.names()["Opened"], shop.names()["SignalsJoined"]) == (1, 1)  # evidence comes beside

    run(main())


async def hour(*, down: float, up: float, acknowledged: bool = False) -> Shop:
    """An hour of an endpoint that fails and answers in turn, after two good minutes. Prints who heard how often."""
    shop = Shop(PRIVATE if acknowledged else CONFIG)
    async with shop.watched():
        await passes(minutes=2)
        end = shop.now() + timedelta(hours=1)
        while shop.now() < end:
            shop.app = fails
            await passes(seconds=down)
            if acknowledged and not shop.names()["Acknowledged"]:
                await shop.acknowledge("INC-1")
            shop.app = well if up else fails
            await passes(seconds=up)
    print(
        f"{down:g} s down, {up:g} s up, acknowledged {acknowledged}: seen clean {shop.names()['SignalsCleared']} times"
    )
    for kind in ("wake", "tell"):
        print(f"  {kind}: {dict(by_target(shop.phones, kind))}")
    return shop


def ladder(shop: Shop) -> list[tuple[timedelta, str]]:
    """When each target rang, from the first page on."""
    rang = shop.phones.wakes()
    return [(one.at - rang[0].at, one.target) for one in rang]


def test_an_endpoint_that_flaps_for_an_hour_rings_as_if_it_were_down() -> None:
    """Ninety changes add no page, no message and no second incident to those of the ladder."""

    async def main() -> None:
        steady, flapping = await hour(down=60, up=0), await hour(down=20, up=20)
        assert flapping.names()["SignalsCleared"] > 80
        assert flapping.log.count("incident") == 1
        assert len(ladder(steady)) > 20
        assert ladder(flapping) == ladder(steady)
        told = [r.page.title for r in flapping.phones.rang if r.page.kind == "tell" and r.target == "chat"]
        assert len(told) <= 2, (
            told
        )  # everybody is affected, and what that recommends: once, not at each swing

    run(main())


def test_flapping_does_not_set_an_acknowledgement_aside() -> None:
    """Somebody has it: until it expires nobody rings but the ladder of what is not mitigated, as if it were down."""

    async def main() -> None:
        steady = await hour(down=60, up=0, acknowledged=True)
        flapping = await hour(down=20, up=20, acknowledged=True)
        assert flapping.names()["SignalsCleared"] > 80
        early = [(at, who) for at, who in ladder(flapping) if at < timedelta(minutes=30)]
        assert early == [(timedelta(0), "chat"), (timedelta(0), "ann-phone")]
        assert by_target(flapping.phones, "wake") == by_target(steady.phones, "wake")
        assert by_target(flapping.phones, "tell") == by_target(steady.phones, "tell")

    run(main())


def test_each_reopening_rings_once() -> None:
    """What stays clean long enough to be called recovered, and fails again, is one page more and a ladder begun anew."""

    async def main() -> None:
        shop = await hour(down=60, up=400)
        names = shop.names()
        assert names["Reopened"] >= 7
        assert names["Mitigated"] == names["Reopened"] + 1
        back = [fact for fact in shop.facts() if isinstance(fact, PageRequested) and fact.ladder]
        fresh = [fact for fact in back if not fact.loudest]
        assert [fact.purpose for fact in fresh] == ["rung"] + ["reopened"] * names["Reopened"]
        rang = [r for r in shop.phones.wakes("ann-phone") if "is BACK" in r.page.title]
        assert len(rang) == names["Reopened"]
        assert shop.log.count("incident") == 1
        told = [r for r in shop.phones.rang if r.page.kind == "tell" and ": recovered: " in r.page.title]
        assert len(told) == len(EVERYBODY) * names["Mitigated"]

    run(main())

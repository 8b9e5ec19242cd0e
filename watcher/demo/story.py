"""The story that the demo tells: from all is well to the response times, each step done for real and waited for."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import httpx2

from watcher.clock import Clock
from watcher.demo.pager import Message, Pager
from watcher.demo.process import Daemon
from watcher.demo.setting import API_TOKEN, Setting
from watcher.demo.teller import Teller
from watcher.demo.world import BAD, ENVIRONMENT, GOOD, Stage

T = TypeVar("T")

LOOK_EVERY = timedelta(milliseconds=100)
LIMIT = timedelta(seconds=25)
"""No step takes longer on a slow machine; one that does has failed."""

PERSON = "Ann"
MILESTONES = {
    "detect": "noticed",
    "page": "paged",
    "acknowledge": "acknowledged",
    "restore": "service restored",
    "resolve": "closed",
}
DEMANDED = ("detect", "page", "acknowledge", "restore")
"""Without a time for each of these, the demo has failed."""


class StoryError(Exception):
    """The story did not go as promised; the message says what was missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everybody on the stage. `pause` is how long a reader gets between two steps."""

    setting: Setting
    stage: Stage
    pager: Pager
    daemon: Daemon
    clock: Clock
    teller: Teller
    client: httpx2.AsyncClient
    pause: timedelta

    async def tell(self) -> None:
        """The whole story, in order. Raises StoryError."""
        await self.all_is_well()
        await self.a_release_goes_out()
        await self.sign_in_breaks()
        page = await self.the_phone_rings()
        incident = page.incident or ""
        await self.somebody_answers(page)
        await self.it_is_rolled_back()
        await self.recovery_is_seen(incident)
        await self.it_is_closed(incident)
        await self.the_times_are_read()

    async def all_is_well(self) -> None:
        await self._until("the watcher did not become ready", self._is_ready)
        self.teller.say(
            f"All is well. Release {GOOD} runs. The watcher asks the shop's health and signs in every second, and reads "
            "its Sentry every two; a harmless form error there is seen, and wakes nobody."
        )
        await self._read_on()

    async def a_release_goes_out(self) -> None:
        self.stage.shop = self.stage.shop.deploy(BAD, self.clock.now())
        await self._report_deploy(BAD, GOOD)
        self.teller.say(
            f"Release {BAD} goes out. The deploy job tells the watcher so (POST /api/v1/deploys)."
        )
        await self._read_on()

    async def sign_in_breaks(self) -> None:
        self.pager.arrived.clear()
        self.stage.shop = self.stage.shop.break_sign_in(self.clock.now())
        self.teller.say(
            "Sign-in breaks in the new release: every try answers 500, and errors pile up in Sentry. /api/health goes on "
            'saying "ok".'
        )

    async def the_phone_rings(self) -> Message:
        page = await self._until("no page arrived", self._page)
        self.teller.say("The phone of the on-call person rings:")
        self.teller.phone(page.title, page.text)
        await self._read_on()
        return page

    async def somebody_answers(self, page: Message) -> None:
        if page.link is None:
            raise StoryError("the page carried no link to acknowledge it")
        shown = await self.client.get(page.link)
        _demand(shown, "the acknowledgement page")
        _demand(await self.client.post(page.link, data={"who": PERSON}), "the acknowledgement")
        self.teller.say(
            f"{PERSON} opens the link on the page, types a name and says: I am on it. Nobody else is woken. (Opening "
            "the link alone does nothing: mail scanners open links too.)"
        )
        await self._read_on()

    async def it_is_rolled_back(self) -> None:
        self.stage.shop = self.stage.shop.deploy(GOOD, self.clock.now())
        await self._report_deploy(GOOD, BAD)
        self.teller.say(f"{PERSON} follows the recommendation and rolls back to {GOOD}. Sign-in works again.")

    async def recovery_is_seen(self, incident: str) -> None:
        await self._until("the recovery was not seen", lambda: self._has_status(incident, "watching"))
        self.teller.say(
            "The watcher saw sign-in answer and the errors stop, and stay so: mitigated. It goes on watching, and "
            "would page again if it came back. (A real configuration waits five minutes here, not seconds.)"
        )
        await self._read_on()

    async def it_is_closed(self, incident: str) -> None:
        await self.daemon.command("resolve", incident, "--as", PERSON)
        await self._until("the incident was not closed", lambda: self._has_status(incident, "resolved"))
        self.teller.say(
            f"{PERSON} closes the file on the command line: watcher resolve {incident} --as {PERSON}"
        )
        await self._read_on()

    async def the_times_are_read(self) -> None:
        times = await self._until("/metrics does not show the response times", self._times)
        self.teller.say("What /metrics tells the dashboard of this incident, counted from its first signal:")
        self.teller.add(
            f"{word:<18}{times[name]:7.1f} s   watcher_incident_time_to_{name}_seconds"
            for name, word in MILESTONES.items()
            if name in times
        )

    async def _read_on(self) -> None:
        await self.clock.sleep(self.pause)

    async def _until(self, failure: str, look: Callable[[], Awaitable[T | None]]) -> T:
        """What `look` finds, as soon as it finds something. Raises StoryError with the failure's words."""
        end = self.clock.now() + LIMIT
        while self.clock.now() < end:
            self.daemon.demand_running()
            found = await look()
            if found:
                return found
            await self.clock.sleep(LOOK_EVERY)
        raise StoryError(f"{failure} within {LIMIT.total_seconds():.0f} s")

    async def _is_ready(self) -> bool:
        answer = await self._get("/-/ready")
        return answer is not None and answer.status_code == httpx2.codes.OK

    async def _page(self) -> Message | None:
        return self.pager.first(lambda message: message.incident is not None)

    async def _has_status(self, incident: str, status: str) -> bool:
        answer = await self._get(f"/api/v1/incidents/{incident}")
        return (
            answer is not None and answer.status_code == httpx2.codes.OK and answer.json()["status"] == status
        )

    async def _times(self) -> dict[str, float] | None:
        answer = await self._get("/metrics")
        times = times_of(answer.text) if answer is not None else {}
        return times if set(DEMANDED) <= set(times) else None

    async def _get(self, path: str) -> httpx2.Response | None:
        """None while nobody listens."""
        try:
            return await self.client.get(self.setting.addresses.watcher + path, headers=_BEARER)
        except httpx2.TransportError:
            return None

    async def _report_deploy(self, version: str, previous: str) -> None:
        body: dict[str, Any] = {"version": version, "previous": previous, "system": "web"}
        body |= {"environment": ENVIRONMENT, "migration": False}
        address = f"{self.setting.addresses.watcher}/api/v1/deploys"
        _demand(await self.client.post(address, json=body, headers=_BEARER), "the report of the deploy")


_BEARER = {"Authorization": f"Bearer {API_TOKEN}"}
_SAMPLE = re.compile(
    r"^watcher_incident_time_to_(\w+)_seconds_(sum|count)(?:\{[^}]*\})? (\S+)$", re.MULTILINE
)


def times_of(metrics: str) -> dict[str, float]:
    """The mean of each response time that has been observed, in seconds, over all labels."""
    sums: dict[tuple[str, str], float] = {}
    for name, part, value in _SAMPLE.findall(metrics):
        sums[name, part] = sums.get((name, part), 0.0) + float(value)
    return {
        name: sums[name, "sum"] / number
        for (name, part), number in sums.items()
        if part == "count" and number > 0
    }


def _demand(answer: httpx2.Response, what: str) -> None:
    if not answer.is_success:
        raise StoryError(f"{what} was answered with {answer.status_code}")

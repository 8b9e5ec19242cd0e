"""The story that the demo tells: from all is well to the response times, each step done for real and waited for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import httpx2

from watcher.clock import Clock
from watcher.demo.pager import Message, Pager
from watcher.demo.process import Daemon
from watcher.demo.readings import seeing, times_of
from watcher.demo.setting import API_TOKEN, SOURCES, Setting
from watcher.demo.teller import Teller
from watcher.demo.world import BAD, ENVIRONMENT, GOOD, Stage

T = TypeVar("T")

LOOK_EVERY = timedelta(milliseconds=100)
LIMIT = timedelta(seconds=25)
"""No step takes longer on a slow machine; one that does has failed."""

PERSON, CONTACT = "Ann", "ann"  # as the story calls her, and as the configuration does
ADVICE = f"ROLL BACK to {GOOD}"

MILESTONES = {
    "detect": ("noticed", "first failure"),
    "page": ("paged", "first signal"),
    "acknowledge": ("acknowledged", "first signal"),
    "restore": ("restored (MTTR)", "first signal"),
    "resolve": ("closed", "first signal"),
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
    status: Pager  # where the stakeholders read
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
        await self.sentry_joins(incident)
        await self.it_is_rolled_back()
        await self.recovery_is_seen(incident)
        await self.it_is_closed(incident)
        await self.the_times_are_read()

    async def all_is_well(self) -> None:
        await self._until("the watcher did not see all that it watches", self._sees)
        self.teller.say(
            f"All is well. Release {GOOD} runs. The watcher asks the shop's health and signs in every second, and "
            "reads its Sentry every two; a harmless form error there is seen, and wakes nobody."
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
        self.stage.shop = self.stage.shop.break_sign_in(self.clock.now())
        self.teller.say(
            "Sign-in breaks in the new release: every try answers 500, and errors pile up in Sentry. /api/health goes "
            'on saying "ok".'
        )

    async def the_phone_rings(self) -> Message:
        page = await self._message("INC-", "no page arrived")
        self.teller.say("The phone of the on-call person rings:")
        self.teller.phone(page.title, page.text)
        if page.incident is None or page.link is None:
            raise StoryError("the page names no incident, or has no link to acknowledge it")
        if ADVICE not in page.text:
            raise StoryError(f"the page does not say {ADVICE!r}")
        await self._read_on()
        return page

    async def somebody_answers(self, page: Message) -> None:
        link = page.link or ""
        await self._demand("GET", link, "the acknowledgement page")
        await self._demand("POST", link, "the acknowledgement", data={"who": CONTACT})
        self.teller.say(
            f"{PERSON} opens the link on the page, chooses her name and takes it. Nobody else is woken. (Opening the "
            "link alone does nothing: mail scanners open links too.)"
        )
        await self._read_on()

    async def sentry_joins(self, incident: str) -> None:
        title = await self._until("Sentry's errors did not join", lambda: self._joined(incident))
        self.teller.say(
            f'Sentry shows the same trouble ("{title}"). It joins the incident; the phone does not ring a second time.'
        )
        await self._read_on()

    async def it_is_rolled_back(self) -> None:
        self.stage.shop = self.stage.shop.deploy(GOOD, self.clock.now())
        await self._report_deploy(GOOD, BAD)
        self.teller.say(f"{PERSON} follows the recommendation and rolls back to {GOOD}. Sign-in works again.")

    async def recovery_is_seen(self, incident: str) -> None:
        await self._until("the recovery was not seen", lambda: self._has_status(incident, "watching"))
        self.teller.say(
            "The watcher saw sign-in answer and the errors stop, and stay so: mitigated. It goes on watching, and would "
            "page again if it came back. (A real configuration waits five minutes here, not seconds.) The phone says:"
        )
        await self._told_of(f"{GOOD} holds")

    async def it_is_closed(self, incident: str) -> None:
        await self.daemon.command("resolve", incident, "--as", CONTACT)
        await self._until("the incident was not closed", lambda: self._has_status(incident, "resolved"))
        self.teller.say(
            f"{PERSON} closes the file: watcher resolve {incident} --as {CONTACT}. The phone says:"
        )
        await self._told_of("resolved")

    async def the_times_are_read(self) -> None:
        times = await self._until("/metrics does not show the response times", self._times)
        self.teller.say("What was measured, as /metrics gives it to a dashboard:")
        self.teller.add(
            f"{word:<16}{times[name]:6.1f} s after the {since:<14} watcher_incident_time_to_{name}_seconds"
            for name, (word, since) in MILESTONES.items()
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

    async def _sees(self) -> bool:
        """Every source has looked, and seen."""
        answer = await self._get("/metrics")
        return answer is not None and answer.is_success and seeing(answer.text) >= SOURCES

    async def _message(self, word: str, failure: str, pager: Pager | None = None) -> Message:
        """The first message on the phone (or another) whose title holds the word."""

        async def look() -> Message | None:
            return (pager or self.pager).first(lambda message: word in message.title)

        return await self._until(failure, look)

    async def _told_of(self, word: str) -> None:
        message = await self._message(word, f'the phone was not told "{word}"')
        self.teller.phone(message.title, message.text)
        await self._read_on()

    async def _incident(self, incident: str) -> dict[str, Any]:
        """As the API tells it; empty while it cannot be had."""
        answer = await self._get(f"/api/v1/incidents/{incident}")
        return dict(answer.json()) if answer is not None and answer.is_success else {}

    async def _has_status(self, incident: str, status: str) -> bool:
        return (await self._incident(incident)).get("status") == status

    async def _joined(self, incident: str) -> str | None:
        """The title of what Sentry added."""
        signals = (await self._incident(incident)).get("signals", [])
        return next((signal["title"] for signal in signals if signal["source"].startswith("sentry:")), None)

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
        body: dict[str, Any] = {"version": version, "previous": previous}
        body |= {"environment": ENVIRONMENT, "migration": False}
        address = f"{self.setting.addresses.watcher}/api/v1/deploys"
        await self._demand("POST", address, "the report of the deploy", json=body, headers=_BEARER)

    async def _demand(self, method: str, address: str, what: str, **request: Any) -> None:
        """Ask, and raise StoryError when the answer is not a success, or DaemonError when the daemon is gone."""
        try:
            answer = await self.client.request(method, address, **request)
        except httpx2.HTTPError:
            await self.clock.sleep(LOOK_EVERY)  # its end is noticed a moment after its silence
            self.daemon.demand_running()
            raise StoryError(f"{what} got no answer") from None
        if (
            not answer.is_success and not answer.has_redirect_location
        ):  # a form answers with the way to its page
            raise StoryError(f"{what} was answered with {answer.status_code}")


_BEARER = {"Authorization": f"Bearer {API_TOKEN}"}

"""Last words: short, to those who can be woken, without a secret, and never longer than the process may wait."""

from __future__ import annotations

import asyncio

from notifiers.memory import MemorySender
from notifiers.page import Destination, Page, Receipt
from tests.support import Dialogue, sign
from tests.theatre import CONFIG, governing
from tests.virtual import run
from watcher.care import last_words
from watcher.config import Config
from watcher.incident import command as ask

TIMEOUT = 10.0
"""Seconds that a target has where the configuration says nothing."""
QUIET = """\
  status: {apprise: "memory://127.0.0.1", for: [tell, publish]}
  odd: {apprise: "memory://127.0.0.1", wakes: true, for: [tell]}
"""


def config(text: str = CONFIG) -> Config:
    return governing(text.replace("on_call:", f"{QUIET}on_call:")).config


def said(*talks: Dialogue) -> str:
    """The page about these incidents, as one text."""
    page = last_words.compose("shop", "the log cannot be written", [talk.state for talk in talks])
    return "\n".join((page.title, *page.lines))


class Stuck(MemorySender):
    """Some targets never answer."""

    def __init__(self, *stuck: str) -> None:
        super().__init__()
        self.stuck = stuck

    async def send(self, page: Page, destination: Destination) -> Receipt:
        if destination.name in self.stuck:
            await asyncio.Event().wait()
        return await super().send(page, destination)


class Failing(MemorySender):
    """One target's sender breaks its word and raises."""

    async def send(self, page: Page, destination: Destination) -> Receipt:
        if destination.name == "bob-phone":
            raise RuntimeError("a sender never raises")
        return await super().send(page, destination)


def heard(sender: MemorySender, text: str = CONFIG) -> tuple[list[str], float]:
    """Which targets had them, and after how many seconds the daemon could end."""

    async def main() -> tuple[int, float]:
        page = last_words.compose("shop", "the log cannot be written", [])
        async with asyncio.timeout(300):
            receipts = await last_words.say(page, config(text), {"": sender})
        return len(receipts), asyncio.get_running_loop().time()

    accepted, seconds = run(main())
    targets = sorted(sent.target for sent in sender.sent)
    assert accepted == len(targets)
    return targets, seconds


def test_they_go_once_to_every_target_that_can_wake_somebody() -> None:
    """Not to a chat, not to the status page, and not to what rings but takes no page that wakes."""
    assert heard(MemorySender())[0] == ["ann-phone", "bob-phone", "cara-phone"]


def test_where_nothing_wakes_they_go_to_all_that_take_pages() -> None:
    """A message in a chat is better than none; the status page is for others."""
    targets, _ = heard(MemorySender(), CONFIG.replace("wakes: true", "wakes: false"))
    assert targets == ["ann-phone", "bob-phone", "cara-phone", "chat", "chat-2"]


def test_a_target_that_never_answers_keeps_neither_the_others_nor_the_end() -> None:
    """The process ends within the target's time and a little, whether one hangs or all do."""
    targets, seconds = heard(Stuck("bob-phone"))
    assert targets == ["ann-phone", "cara-phone"]
    assert TIMEOUT <= seconds <= TIMEOUT + 2
    targets, seconds = heard(Stuck("ann-phone", "bob-phone", "cara-phone"))
    assert targets == []
    assert seconds <= TIMEOUT + 2


def test_a_sender_that_raises_keeps_them_from_nobody_else() -> None:
    """They are the last thing that can be said."""
    assert heard(Failing()) == (["ann-phone", "cara-phone"], 0.0)


def test_they_do_not_say_what_a_security_incident_is_about() -> None:
    """They go to everybody: that there is one is enough, also where an incident became one later."""
    leak = sign("1", category="security", title="customer list at /export is public")
    plain = sign("2", title="sign in failed")
    text = said(Dialogue(leak), Dialogue(plain))
    assert "failing now: INC-7 security\n" in text
    assert "customer list" not in text
    assert "failing now: INC-7 authentication: sign in failed" in text
    widened = Dialogue(plain).hears(ask.Observe(failing=(plain, leak)))
    assert "failing now: INC-7 authentication/security\n" in said(widened)
    assert "sign in failed" not in said(widened)


def test_they_name_what_fails_now_and_count_the_rest() -> None:
    """What is over is not named; that nothing is open is said."""
    over = Dialogue().hears(ask.Resolve(by="ann"))
    assert "no incident is open" in said(over)
    many = said(*[Dialogue()] * (last_words.SHOWN + 2), over)
    assert many.count("failing now:") == last_words.SHOWN
    assert "and 2 more" in many

"""How the pages look and sound: every page, narrow and wide, light and dark, with a long title and a long night."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support import change, policy, sign
from tests.web.chromium import Look, Tab, needs_chromium, tab
from tests.web.test_whole_way import Night, night
from watcher.incident.command import Open
from watcher.incident.decide import open_incident
from watcher.incident.machines import fold
from watcher.incident.milestones import columns
from watcher.log import Append
from watcher.log.sqlite import SqliteLog

LOOKS = [Look(width=width, scheme=scheme) for width in (390, 1280) for scheme in ("light", "dark")]
WORD = "CallbackRouteError:/api/auth/callback/credentials?session=0123456789abcdef"
TITLE = (f"sign in failed {WORD} " * 5)[:300].strip("? ").ljust(300, "x")
"""As long as a title is shown, in words that no line can hold."""
LONG = ["/incidents/INC-1", "/incidents/INC-1/timeline", "/incidents/INC-1/documents/postmortem"]
PAGES = ["/", "/history", "/incidents/SUS-1", "/status", "/nothing", *LONG]

pytestmark = [needs_chromium, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def long_night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """An incident with a title of 300 characters and forty notes, a suspicion, a silence, an override."""
    folder = tmp_path_factory.mktemp("looks")
    begun(folder / "watcher.db")
    with night(folder) as one:
        assert len(one.shown()["title"]) == 300
        one.deployed("2.41.1", "2.41.0", minutes=9)
        for number in range(40):
            one.ask("/incidents/INC-1/note", {"text": f"note {number}: {WORD}", "as": "bob"})
        one.ask("/incidents/INC-1/state", {"root_cause": TITLE, "isolated": True, "as": "bob"})
        one.ask("/report", {"text": "all my conversations are gone since this morning", "as": "support"})
        silence = {"match": {"system": WORD}, "for": "2h", "because": TITLE, "as": "bob"}
        one.ask("/silences", silence)
        one.ask("/overrides", {"person": "bob", "for": "8h", "because": TITLE, "as": "ann"})
        yield one


def begun(path: Path) -> None:
    """An open incident in a log; our own sources cut a title sooner, an older log may hold this one."""
    now = datetime.now(UTC)
    command = Open(
        signs=(sign(title=TITLE, at=now),),
        environment="production",
        group="environment=production",
        rulebook="0" * 64,
        policy=policy(),
        service="shop",
        changes=(change(),),
    )
    events = tuple(open_incident(1, command, now))
    item = Append(
        stream="incident/1",
        kind="incident",
        expected_version=0,
        events=events,
        columns=columns(fold("incident/1", list(events)), {}, events),
    )
    log = SqliteLog(path)
    log.append([item], {})
    log.close()


def signed_in(one: Night, eyes: Tab) -> None:
    eyes.open(f"{one.address}/")
    eyes.write("Your name", "ann")
    eyes.write("Token", one.token)
    eyes.shoot("sign-in")
    assert eyes.grave() == []
    eyes.faults.clear()  # a browser reports the 401 of a page that asks to sign in
    eyes.tap("Sign in")


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_every_page_fits_every_screen_and_hinders_nobody(long_night: Night, look: Look) -> None:
    """Nothing sideways, nothing too small to hit, nothing serious or critical from axe, nothing from outside."""
    with tab(look, "looks") as eyes:
        signed_in(long_night, eyes)
        for path in PAGES:
            eyes.open(long_night.address + path)
            for folded in eyes.page.locator("summary").all():
                folded.click()
            eyes.shoot(path.strip("/").replace("/", "-") or "overview")
            assert eyes.sideways() <= 0, path
            assert eyes.small() == [], path
            assert eyes.grave() == [], path
        assert [fault for fault in eyes.faults if "404" not in fault] == []


def test_the_keyboard_alone_reaches_everything_and_shows_where_it_is(long_night: Night) -> None:
    """Each stop is marked; the first leads past the header, and a fold opens by key."""
    with tab(Look(width=1280), "keys") as eyes:
        signed_in(long_night, eyes)
        eyes.open(f"{long_night.address}/incidents/INC-1")
        stops = []
        for _ in range(80):
            eyes.page.keyboard.press("Tab")
            stop = eyes.page.evaluate(STOP)
            if stop is None:
                break
            stops.append(stop)
        assert stops[0][0] == "Skip to the page"
        assert [text for text, marked in stops if not marked] == []
        reached = {text for text, _ in stops}
        for text in ("Sign out", "Decide", "State it", "Note something", "Post-mortem", "Refresh"):
            assert any(text in one for one in reached), text


STOP = """(() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const style = getComputedStyle(it);
  return [(it.innerText || it.name || it.tagName).trim().slice(0, 40), style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
})()"""


def test_what_somebody_types_is_left_alone_while_the_page_keeps_itself_fresh(long_night: Night) -> None:
    """News arrives around it: the timeline grows, the half-written cause stays, and a fold stays open."""
    with tab(Look(width=390), "typing") as eyes:
        signed_in(long_night, eyes)
        eyes.open(f"{long_night.address}/incidents/INC-1")
        assert eyes.sees("Live.")
        eyes.unfold("All checkpoints")
        eyes.write("Root cause", "half a sent")
        long_night.ask("/incidents/INC-1/note", {"text": "the news of the hour", "as": "bob"})
        assert eyes.sees("the news of the hour")
        assert eyes.read("Root cause") == "half a sent"
        assert eyes.page.locator("#checkpoints").evaluate("e => e.open")
        assert eyes.faults == []


def test_a_command_is_copied_by_its_button(long_night: Night) -> None:
    """The button is there only where scripts run, and takes the whole text."""
    with tab(Look(width=390), "copy") as eyes:
        signed_in(long_night, eyes)
        eyes.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        eyes.open(f"{long_night.address}/incidents/INC-1/documents/postmortem")
        eyes.tap("Copy")
        assert eyes.sees("Copied")
        copied = eyes.page.evaluate("navigator.clipboard.readText()")
        assert copied == eyes.page.locator("pre").text_content()
        assert copied.startswith("# Post-mortem INC-1")


def test_an_open_page_delays_no_stop_and_says_that_nobody_answers(tmp_path: Path) -> None:
    """The daemon ends within its five seconds; the page says so soon, where it is seen, and is live again with the daemon."""
    with night(tmp_path) as one, tab(Look(width=390), "stop") as eyes:
        signed_in(one, eyes)
        assert eyes.sees("Live.")
        began = time.monotonic()
        assert one.watcher.end(signal.SIGTERM) == 0
        assert time.monotonic() - began < 5
        assert eyes.sees("Not live: the watcher does not answer.")
        eyes.shoot("dead")
        assert eyes.page.locator("footer.lost").evaluate(SEEN)
        one.watcher.start()
        assert one.watcher.ready(), one.watcher.said
        assert eyes.page.locator("footer:not(.lost)").wait_for(timeout=20_000) is None
        assert eyes.sees("Live.")


def test_a_page_says_that_a_watcher_hangs(tmp_path: Path) -> None:
    """Whoever hangs ends no connection: a minute of silence is asked about, and no answer is none."""
    with night(tmp_path) as one, tab(Look(width=390), "hang") as eyes:
        eyes.page.clock.install()
        signed_in(one, eyes)
        assert eyes.sees("Live.")
        one.watcher.signal(signal.SIGSTOP)
        try:
            eyes.page.clock.run_for(62_000)
            eyes.page.clock.run_for(11_000)
            assert eyes.sees("Not live: the watcher does not answer.")
        finally:
            one.watcher.signal(signal.SIGCONT)


def test_the_acts_of_an_open_page_follow_the_incident(tmp_path: Path) -> None:
    """Somebody else resolves it: what can be done no more goes, but for what is being written."""
    with night(tmp_path) as one, tab(Look(width=390), "acts") as eyes:
        words = {"category": "security", "text": "a page shows another customer's name", "as": "bob"}
        one.ask("/declare", words)
        signed_in(one, eyes)
        eyes.open(f"{one.address}/incidents/INC-1")
        assert eyes.sees("Live.")
        assert eyes.sees("until somebody releases it")
        one.ask("/incidents/INC-1/release", {"as": "bob"})
        assert eyes.sees("It was released: it may be spoken of.")
        assert acts(eyes).isdisjoint({"Release this security incident"})
        eyes.unfold("Note something")
        eyes.write("Note", "half a sent")
        one.ask("/incidents/INC-1/resolve", {"as": "bob"})
        assert eyes.sees("It is over.")
        assert acts(eyes) == {"Note something"}
        assert not eyes.page.locator("#facts").is_visible()
        assert eyes.read("Note") == "half a sent"
        assert eyes.page.title().startswith("INC-1 resolved")


def acts(eyes: Tab) -> set[str]:
    return set(eyes.page.locator("#acts summary").locator("visible=true").all_text_contents())


def test_the_answer_to_an_act_has_the_focus_and_stays_to_be_read(tmp_path: Path) -> None:
    """News of the next moment does not take it away; a refusal leads to its form, whose field is marked."""
    with night(tmp_path) as one, tab(Look(width=390), "answer") as eyes:
        one.ask("/declare", {"category": "payments", "text": "charged twice", "as": "bob"})
        signed_in(one, eyes)
        eyes.open(f"{one.address}/incidents/INC-1")
        eyes.tap("I have it")
        assert eyes.sees("You have it.")
        assert eyes.page.evaluate("document.activeElement.id") == "said"
        one.ask("/incidents/INC-1/take", {"as": "bob"})
        assert eyes.sees("bob, until")
        assert eyes.page.locator("#news").text_content().startswith("Who has it: bob")
        assert eyes.page.locator("#said").is_visible()
        eyes.write("Users affected", "many")
        eyes.tap("State it")
        eyes.page.wait_for_function("document.activeElement.className == 'fault'")
        eyes.shoot("refused")
        marked = eyes.page.locator("[aria-invalid]")
        assert marked.evaluate("e => [e.name, e.getAttribute('aria-describedby')]") == ["affected", "refused"]
        assert eyes.grave() == []
        one.ask("/incidents/INC-1/note", {"text": "the news of the hour", "as": "bob"})
        assert eyes.sees("the news of the hour")
        assert eyes.read("Users affected") == "many"


SEEN = """e => { const box = e.getBoundingClientRect(); return box.height > 0 && box.bottom <= innerHeight + 1 }"""


def test_each_button_that_copies_says_what(tmp_path: Path) -> None:
    """Whoever hears "Copy" three times hears of what; and the text has a name too."""
    with night(tmp_path) as one, tab(Look(width=390), "copies") as eyes:
        one.deployed("2.41.1", "2.41.0", minutes=9)
        one.app.broken = True
        eyes.open(one.link())
        eyes.choose("Who are you?", "ann")
        eyes.tap("Acknowledge INC-1")
        eyes.tap("Copy: Roll back to 2.41.0")
        assert eyes.page.get_by_role("button", name="Copied: Roll back to 2.41.0").wait_for() is None
        assert eyes.page.get_by_role("group", name="Roll back to 2.41.0", exact=True).is_visible()
        folded = eyes.page.locator("#commands-more > summary").text_content()
        assert folded.startswith("Undo it: back to 2.41.1")
        eyes.shoot("commands")


def test_a_deployment_that_was_seen_is_confirmed_as_it_is(tmp_path: Path) -> None:
    """Its button names a version, so there is no field beside it that could say another."""
    with night(tmp_path) as one, tab(Look(width=390), "seen") as eyes:
        one.ask("/declare", {"category": "payments", "text": "charged twice", "as": "bob"})
        signed_in(one, eyes)
        eyes.open(f"{one.address}/incidents/INC-1")
        eyes.tap("I have it")
        eyes.tap("Decide: hotfix")
        assert eyes.page.get_by_label("Version that is out").is_visible()
        one.deployed("2.41.2", "2.41.1", minutes=0)
        assert eyes.sees("Yes: 2.41.2 is the fix")
        assert eyes.page.get_by_label("Version that is out").count() == 0
        eyes.page.get_by_role("button", name="Yes: 2.41.2 is the fix").click()
        assert eyes.sees("2.41.2 is out")
        assert one.shown()["deployment"]["version"] == "2.41.2"


def test_on_a_phone_who_is_on_call_stands_before_the_sources(long_night: Night) -> None:
    """And of what is open it is said where; on a wide screen on-call stands beside it."""
    for width, below in ((390, True), (1280, False)):
        with tab(Look(width=width), "order") as eyes:
            signed_in(long_night, eyes)
            assert (
                eyes.page.locator("#incidents li p")
                .first.text_content()
                .startswith("authentication; production;")
            )
            open_, on_call, sources = (
                eyes.page.locator(f"#{name}").bounding_box() for name in ("incidents", "on-call", "sources")
            )
            assert (open_["y"] < on_call["y"]) is below
            assert on_call["y"] < sources["y"]

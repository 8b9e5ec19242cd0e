"""A page as a phone shows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.page import Page
from notifiers.render import BODY_MAX, LINES_MAX, TITLE_MAX, fitted, render

PLAIN = Page(
    id="INC-1042/3@ann-phone",
    kind="wake",
    title="INC-1042 shop: P0 payments: charged twice",
    lines=("ROLL BACK to 2.41.0", "Who: at least 12 users"),
    link="https://watcher.shop.example/ack/abc",
    command="watcher ack INC-1042",
)

TEXTS = st.text(max_size=400)
PAGES = st.builds(
    Page,
    id=st.just("INC-1042/3@ann-phone"),
    kind=st.just("wake"),
    title=TEXTS | TEXTS.map("INC-1042{}".format),
    lines=st.lists(TEXTS, max_size=30).map(tuple),
    link=st.sampled_from(["", "https://watcher.shop.example/ack/abc"]),
    command=st.just("watcher ack INC-1042"),
    age=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9)),
    repeat=st.booleans(),
    drill=st.booleans(),
)


def test_a_page_says_what_to_do_and_how_to_answer() -> None:
    """The id, the lines, and the link to tap."""
    rendered = render(PLAIN)
    assert rendered.title == "INC-1042 shop: P0 payments: charged twice"
    assert rendered.body == (
        "ROLL BACK to 2.41.0\nWho: at least 12 users\n\nAcknowledge: https://watcher.shop.example/ack/abc"
    )


def test_without_a_public_address_the_command_stands_instead() -> None:
    """Whoever cannot tap can type."""
    assert render(replace(PLAIN, link="")).body.endswith("\n\nAcknowledge by typing: watcher ack INC-1042")


def test_what_needs_no_answer_asks_for_none() -> None:
    """A message that does not ring has nothing to acknowledge."""
    assert "Acknowledge" not in render(replace(PLAIN, link="", command="")).body


@pytest.mark.parametrize(
    ("changes", "mark"),
    [
        ({"repeat": True}, "(possibly a repeat)"),
        ({"age": timedelta(minutes=31)}, "(due 31 min ago)"),
        ({"age": timedelta(hours=5, minutes=2)}, "(due 5 h 2 min ago)"),
        ({"age": timedelta(minutes=31), "repeat": True}, "(possibly a repeat, due 31 min ago)"),
    ],
)
def test_an_old_or_repeated_page_says_so(changes: dict[str, object], mark: str) -> None:
    """The marks survive the longest title."""
    long = replace(PLAIN, title=PLAIN.title + " x" * 300, **changes)
    title = render(long).title
    assert title.endswith(f"\u2026 {mark}")
    assert len(title) <= TITLE_MAX


def test_a_page_on_time_wears_no_mark() -> None:
    """Less than a minute is on time."""
    assert render(replace(PLAIN, age=timedelta(seconds=59))).title == PLAIN.title


def test_a_drill_says_so_in_the_title_and_the_body() -> None:
    """Nobody takes a drill for the real thing, nor the real thing for a drill."""
    rendered = render(replace(PLAIN, drill=True))
    assert rendered.title.startswith("INC-1042 DRILL shop:")
    assert rendered.body.startswith("This is a drill.\n")
    assert "drill" not in (render(PLAIN).title + render(PLAIN).body).lower()


@pytest.mark.parametrize(
    "id_", ["source/sentry:shop/4@ann-phone", "eyes/production/2@ann-phone", "daemon/9@chat"]
)
def test_what_nobody_can_answer_has_no_id_in_its_title(id_: str) -> None:
    """A blind source's page begins with the service, not with how its stream is called."""
    page = replace(PLAIN, id=id_, title="shop: sentry:shop cannot see", link="", command="")
    assert render(page).title == "shop: sentry:shop cannot see"


@pytest.mark.parametrize("title", ["shop: P0", "INC-10420 shop: P0", ""])
def test_the_id_comes_first_whatever_the_title(title: str) -> None:
    """Another incident's id at the beginning is not ours."""
    assert render(replace(PLAIN, title=title)).title == f"INC-1042 {title}".rstrip()


def test_what_does_not_fit_is_counted() -> None:
    """Nobody believes that they have seen all lines when they have not."""
    lines = tuple(f"line {n}" for n in range(LINES_MAX + 5))
    assert "\nand 5 more lines\n" in render(replace(PLAIN, lines=lines)).body


def test_links_to_named_hosts_stay_links() -> None:
    """Sentry's and the runbook's addresses can be tapped; all others cannot."""
    lines = ("See https://wiki.shop.example/p0", "See https://evil.example/p0")
    body = render(replace(PLAIN, lines=lines, hosts=("wiki.shop.example",))).body
    assert body.splitlines()[:2] == ["See https://wiki.shop.example/p0", "See hxxps://evil.example/p0"]


@given(PAGES, st.integers(60, 3000), st.integers(120, 40_000))
def test_every_page_fits_and_can_be_answered(page: Page, title_room: int, body_room: int) -> None:
    """Within its room, with the id first and the way to acknowledge last, whatever the texts."""
    rendered = render(page, title_room=title_room, body_room=body_room)
    assert len(rendered.title) <= min(title_room, TITLE_MAX)
    assert len(rendered.body) <= min(body_room, BODY_MAX)
    assert rendered.title.startswith("INC-1042")
    assert rendered.body.endswith(page.link or page.command)


@given(PAGES, st.sampled_from([80, 140, 160, 1000]))
def test_a_short_message_keeps_the_way_to_acknowledge(page: Page, room: int) -> None:
    """Where a service has no titles, title and body share its room; of the link and the command one is whole."""
    rendered = fitted(page, title_max=0, body_max=room)
    assert len(rendered.title) + 2 + len(rendered.body) <= room
    assert rendered.title.startswith("INC-1042")
    assert rendered.body.endswith((page.link or page.command, page.command))


@pytest.mark.parametrize(
    "broken", [{"lines": (None,)}, {"age": "long ago"}, {"title": None}, {"hosts": None}]
)
def test_a_page_that_cannot_be_written_out_is_sent_plain(broken: dict[str, object]) -> None:
    """A fault in a text never costs a page: the id and the way to acknowledge go out."""
    rendered = render(replace(PLAIN, **{"title": "@everyone see https://x.example", **broken}))
    assert rendered.title.startswith("INC-1042 ")
    assert "@" not in rendered.title
    assert PLAIN.link in rendered.body

"""Rows of a list: what must be there, what may be missing, what is unknown and what is masked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.sentry.stage import row
from watcher.sources.sentry.latest import read_latest
from watcher.sources.sentry.row import TITLE_MAX, BadRow, own_link, read_row

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = [
    "id",
    "count",
    "userCount",
    "title",
    "firstSeen",
    "lastSeen",
    "project",
    "metadata",
    "permalink",
    "isUnhandled",
]


@pytest.mark.parametrize(
    ("changes", "users"),
    [
        ({"userCount": 12}, 12),
        ({"userCount": 0}, None),
        ({"userCount": 0, "count": "0"}, 0),
        ({"userCount": -3}, None),
        ({"userCount": "many"}, None),
        ({"userCount": None}, None),
        ({"userCount": 99, "count": "40"}, 40),
    ],
)
def test_users_that_nobody_counts_are_unknown(changes: dict[str, Any], users: int | None) -> None:
    """0 users beside events means that the SDK sends none: unknown, never nobody; nor are there more users than events."""
    assert read_row(row(**changes)).users == users


@pytest.mark.parametrize(
    "changes",
    [
        {"count": None},
        {"count": "-1"},
        {"count": "4e3"},
        {"count": "٤"},
        {"count": 4.5},
        {"count": True},
        {"count": "9" * 5000},
        {"count": 10**13},
        {"id": None},
        {"id": "../../etc"},
        {"id": ["1"]},
        {"id": "1" * 200},
        {"id": -4},
    ],
)
def test_a_row_without_id_or_count_is_not_read(changes: dict[str, Any]) -> None:
    """An issue that cannot be named or counted is refused, not guessed."""
    with pytest.raises(BadRow):
        read_row(row(**changes))


def test_counts_are_strings_and_ids_may_be_numbers() -> None:
    """Sentry writes counts as text, and some answers have integer ids."""
    found = read_row(row(id=17, count="412"))
    assert (found.id, found.events) == ("17", 412)


def test_a_row_of_bare_necessities_is_read() -> None:
    """Everything but id and count may be missing: old servers and collapsed answers leave it out."""
    found = read_row({"id": "1", "count": "3"})
    assert (found.title, found.level, found.category, found.first_seen) == ("", "error", "error", None)


def test_secrets_and_controls_do_not_get_past_a_row() -> None:
    """Titles are an attacker's text: secrets, addresses and control characters end at the reading."""
    found = read_row(row(title="\x1b[31mno mail to ann@shop.example\u202e password=hunter22x " + "x" * 5000))
    assert "ann@" not in found.title
    assert "hunter22x" not in found.title
    assert "\x1b" not in found.title
    assert "\u202e" not in found.title
    assert len(found.title) <= TITLE_MAX


def test_a_secret_at_the_cut_is_not_halved() -> None:
    """A text is cut at a whole word: half a key would pass unmasked."""
    for lead in range(20):
        title = "ann@shop.example " * 57 + "x" * lead + " sk_live_0123456789abcdef and so on" + " more" * 100
        assert "sk_live_0" not in read_row(row(title=title)).title


@pytest.mark.parametrize(
    ("link", "own"),
    [
        ("https://sentry.shop.example/issues/1/", True),
        ("https://sentry.shop.example:8443/issues/1/", True),
        ("https://evil.example/issues/1/", False),
        ("https://sentry.shop.example@evil.example/", False),
        ("javascript:alert(1)", False),
        ("//sentry.shop.example/x", False),
        ("https://[broken/", False),
        ('https://sentry.shop.example/"onclick', False),
    ],
)
def test_a_link_leads_to_the_configured_host_alone(link: str, own: bool) -> None:  # noqa: FBT001 - a table
    """A permalink is the server's word; it is used only where it leads to the server that we were told to read."""
    assert own_link(link, "https://sentry.shop.example/prefix") is own


def test_the_hosted_service_is_one_family() -> None:
    """acme.sentry.io shows what us.sentry.io answers; a host that only ends alike does not."""
    assert own_link("https://acme.sentry.io/issues/1/", "https://us.sentry.io")
    assert not own_link("https://evilsentry.io/issues/1/", "https://us.sentry.io")
    assert not own_link("https://acme.sentry.io/issues/1/", "https://sentry.shop.example")


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), JSON) | JSON)
def test_no_row_raises_anything_but_bad_row(raw: Any) -> None:
    """Whatever JSON stands where a row should, it is read or refused by name."""
    try:
        found = read_row(raw)
    except BadRow:
        return
    assert found.events >= 0


EVENT_KEYS = ["tags", "entries", "release", "message", "metadata", "culprit", "user"]


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(EVENT_KEYS), JSON) | JSON)
def test_no_event_raises(raw: Any) -> None:
    """Whatever JSON stands where an event should, reading it brings tags or nothing."""
    found = read_latest(raw)
    assert found is None or all(isinstance(value, str) for value in found.tags.values())


EXAMPLES = Path(__file__).parents[4] / "shared/reference/sentry-examples"


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the published examples are not on this machine")
def test_the_published_examples_are_read() -> None:
    """The shapes that the real service documents: nothing of an example's row or event is lost on us."""
    (listed,) = json.loads((EXAMPLES / "issues-list.json").read_text(encoding="utf-8"))
    found = read_row(listed)
    assert (found.id, found.events, found.users, found.handled) == ("6507376925", 412, 187, False)
    assert own_link(found.permalink, "https://de.sentry.io")
    event = read_latest(json.loads((EXAMPLES / "issue-event-latest.json").read_text(encoding="utf-8")))
    assert event is not None
    assert (event.release, event.environment, event.url) == (
        "shop@1.1.0",
        "production",
        "https://shop.example/checkout",
    )
    assert set(event.tags) == {"environment", "release", "url", "handled", "level"}


def test_an_event_tells_what_the_list_does_not() -> None:
    """Release, environment, address, handling and tags come from the latest event, the persons in it do not."""
    event = {
        "tags": [
            {"key": "environment", "value": "staging"},
            {"key": "release", "value": "shop@1.1.0"},
            {"key": "user", "value": "id:42"},
            {"key": "user.email", "value": "u6@shop.example"},
            ["plan", "premium"],
            "strange",
        ],
        "entries": [
            {
                "type": "exception",
                "data": {"values": [{"type": "A"}, {"type": "B", "mechanism": {"handled": False}}]},
            },
            {"type": "request", "data": {"url": "https://shop.example/reset?token=abcdef123456"}},
        ],
    }
    found = read_latest(event)
    assert found is not None
    assert (found.environment, found.release, found.error_type, found.handled) == (
        "staging",
        "shop@1.1.0",
        "B",
        False,
    )
    assert found.url == "https://shop.example/reset"
    assert found.tags == {"environment": "staging", "release": "shop@1.1.0", "plan": "premium"}

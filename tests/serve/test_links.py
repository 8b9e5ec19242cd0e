"""Acknowledgement links: only what was made here, only while it is fresh."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.clock import Clock
from watcher.serve.links import TOKEN_MAX, VALID_FOR, BadToken, Links, new_key

KEY = bytes(range(32))


class Hands:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.at = 1_800_000_000.0
        self.clock = Clock(wall=lambda: self.at, monotonic=lambda: self.at)

    def turn(self, by: timedelta) -> None:
        self.at += by.total_seconds()


def links(hands: Hands, key: bytes = KEY, url: str | None = "https://watcher.shop.example/") -> Links:
    return Links(key, lambda: url, hands.clock)


@given(number=st.integers(1, 10**9), contact=st.none() | st.text("abcdefghäß-_.", min_size=1, max_size=40))
def test_a_link_names_its_incident_and_the_person_it_was_sent_to(number: int, contact: str | None) -> None:
    """What was put into a token comes out of it."""
    made = links(Hands())
    grant = made.read(made.token(f"INC-{number}", contact))
    assert (grant.id, grant.contact) == (f"INC-{number}", contact)


def test_a_link_stands_at_the_public_address_and_fits_into_a_message() -> None:
    """A link is the public address, /ack/ and a token; without a public address there is none."""
    link = links(Hands())("INC-1042", "ann")
    assert link.startswith("https://watcher.shop.example/ack/")
    assert len(link) < 100
    assert links(Hands(), url=None)("INC-1042", "ann") == ""


def test_a_link_ends_after_a_week() -> None:
    """A token is good until the week is over, and then it says so."""
    hands = Hands()
    made = links(hands)
    token = made.token("INC-1", "ann")
    hands.turn(VALID_FOR - timedelta(seconds=1))
    assert made.read(token).id == "INC-1"
    hands.turn(timedelta(seconds=1))
    with pytest.raises(BadToken, match="ended on") as bad:
        made.read(token)
    assert bad.value.reason == "expired"


@given(st.data())
def test_a_changed_link_is_forged(data: st.DataObject) -> None:
    """No token that differs in one character is read, whatever the character."""
    made = links(Hands())
    token = made.token("INC-1042", "ann")
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != token[at]))
    with pytest.raises(BadToken) as bad:
        made.read(token[:at] + other + token[at + 1 :])
    assert bad.value.reason == "forged"


@pytest.mark.parametrize(
    "token", ["", "x", "=", "ä", "A" * 27, "A" * (TOKEN_MAX * 3), "../../etc/passwd", "\0"]
)
def test_nonsense_is_forged_and_never_a_crash(token: str) -> None:
    """Whatever stands in the address, the answer is the same clear refusal."""
    with pytest.raises(BadToken) as bad:
        links(Hands()).read(token)
    assert bad.value.reason == "forged"


def test_a_token_of_another_log_is_forged() -> None:
    """A key is one log's own."""
    with pytest.raises(BadToken):
        links(Hands(), new_key()).read(links(Hands()).token("INC-1", "ann"))


def test_a_short_key_is_refused_and_no_key_shows_itself() -> None:
    """The key is whole or nothing, and repr never prints it."""
    with pytest.raises(ValueError, match="at least 32 bytes"):
        links(Hands(), b"short")
    assert "0102" not in repr(links(Hands()))

"""What the check-up says of waking people, and of their answers."""

from __future__ import annotations

import pytest

from rules.yaml import compose
from tests.theatre import CONFIG
from watcher.care.checkup import of_config
from watcher.config import Config

LINK = ', public_url: "https://watcher.shop.example"'


def said(text: str) -> dict[str, list[str]]:
    """The findings by level."""
    found = list(of_config(compose(text, "watcher.yaml").check(Config), lambda _: True))
    return {level: [f.text for f in found if f.level == level] for level in ("ok", "warning", "fault")}


def test_a_configuration_that_wakes_and_can_be_answered_is_well() -> None:
    """Nothing to mend, nothing to warn of."""
    found = said(CONFIG)
    assert (found["warning"], found["fault"]) == ([], [])


def test_pages_that_can_be_answered_at_a_terminal_only_are_warned_of() -> None:
    """Without a link and without a way by message nobody acknowledges from bed."""
    found = said(CONFIG.replace(LINK, ""))
    assert len(found["warning"]) == 1
    assert "terminal only" in found["warning"][0]


@pytest.mark.parametrize(
    "way", ['reply: {ntfy: "http://127.0.0.1:1/topic"}', 'mqtt: {url: "mqtts://broker.example"}']
)
def test_a_way_by_message_needs_no_public_url(way: str) -> None:
    """An ntfy topic or a broker is enough."""
    found = said(CONFIG.replace(LINK, "") + way + "\n")
    assert (found["warning"], found["fault"]) == ([], [])


def test_a_broker_in_clear_beyond_this_machine_is_warned_of() -> None:
    """Passwords and codes would be read on the way."""
    assert "in clear" in said(CONFIG + 'mqtt: {url: "mqtt://broker.example"}\n')["warning"][0]
    assert said(CONFIG + 'mqtt: {url: "mqtt://127.0.0.1"}\n')["warning"] == []


def test_whoever_a_rung_pages_must_be_able_to_ring() -> None:
    """A CTO with a chat alone sleeps through the page at 30 minutes."""
    silent = CONFIG.replace(
        'cara-phone: {apprise: "memory://127.0.0.1", wakes: true}',
        'cara-phone: {apprise: "memory://127.0.0.1"}',
    )
    assert [text for text in said(silent)["warning"] if "cto is paged" in text]


def test_an_on_call_who_cannot_be_woken_is_a_fault() -> None:
    """Nor by a target that wakes but is for quiet messages alone."""
    ann = 'ann-phone: {apprise: "memory://127.0.0.1", wakes: true'
    for silent in ('ann-phone: {apprise: "memory://127.0.0.1"', ann + ", for: [tell]"):
        assert "on-call ann" in said(CONFIG.replace(ann, silent))["fault"][0]

"""What the chat services themselves are sent: captured from Apprise's own plugins, pointed at loopback."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote_plus

import pytest
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.slack import NotifySlack
from apprise.plugins.telegram import NotifyTelegram
from pydantic import SecretStr

from notifiers.apprise import AppriseSender
from notifiers.page import Destination, Page
from tests.notifiers.conftest import Receiver

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7/#oncall"
DISCORD = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
TELEGRAM = "tgram://123456789:abcdefg_hijklmnop/12315544/"
HARMFUL = (
    "@everyone",
    "@here",
    "<!channel",
    "<@U1",
    "](http",
    "<i>",
    "https://evil",
    "`",
    "apprise/raw",
    "github",
)


@pytest.fixture
def local(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """Slack, Discord and Telegram answer on loopback."""
    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{receiver.port}/ok")
    monkeypatch.setattr(NotifyDiscord, "notify_url", f"http://127.0.0.1:{receiver.port}/ok")
    monkeypatch.setattr(NotifyTelegram, "notify_url", f"http://127.0.0.1:{receiver.port}/ok/bot")
    return receiver


@pytest.mark.parametrize(
    "address",
    [
        SLACK,
        DISCORD,
        TELEGRAM,
        "ntfy://127.0.0.1:{port}/oncall",
        "mmost://127.0.0.1:{port}/abcdefghijklmnopqrstuvwxyz",
    ],
)
async def test_what_a_chat_is_sent_calls_nobody_and_hides_nothing(
    local: Receiver, page: Page, address: str
) -> None:
    """No mention, no masked link, no markup and no picture from elsewhere reaches a chat; our own link does."""
    secret = SecretStr(address.format(port=local.port))
    destination = Destination(name="chat", address=secret, timeout=timedelta(seconds=20))
    assert (await AppriseSender().send(page, destination)).outcome == "accepted"
    sent = "\n".join(str(_texts(json.loads(body))) for _, body in local.bodies)
    assert not [word for word in HARMFUL if word in unquote_plus(sent)]
    assert "INC-1042" in sent
    assert "ROLL BACK to 2.41.0" in sent
    assert "https://watcher.shop.example/ack/abc" in sent


async def test_signs_of_markup_are_shown_as_they_are(local: Receiver, page: Page) -> None:
    """The page is plain text: Telegram, which reads HTML, is sent it escaped, so that no page is refused for its signs."""
    destination = Destination(name="chat", address=SecretStr(TELEGRAM), timeout=timedelta(seconds=20))
    await AppriseSender().send(replace(page, lines=("a & b < c *d* _e_",)), destination)
    ((_, body),) = local.bodies
    assert "a &amp; b &lt; c *d* _e_" in json.loads(body)["text"]


@pytest.mark.parametrize("sign", ["&", "<", "*", "\U0001f525", "\u05d0\u05b8"])
@pytest.mark.parametrize(("address", "limit"), [(TELEGRAM, 4096), (DISCORD, 2000), (SLACK, 35_000)])
async def test_a_page_full_of_signs_stays_within_the_limit(
    local: Receiver, page: Page, address: str, limit: int, sign: str
) -> None:
    """A service refuses for good what is too long once escaped: the page is sent once, short enough, with its link."""
    destination = Destination(name="chat", address=SecretStr(address), timeout=timedelta(seconds=20))
    assert (
        await AppriseSender().send(replace(page, lines=(sign * 300,) * 20), destination)
    ).outcome == "accepted"
    ((_, body),) = local.bodies
    longest = max(_texts(json.loads(body)), key=len)
    assert len(longest) <= limit
    assert page.link in longest


def _texts(payload: object) -> list[str]:
    """Every text in a payload."""
    if isinstance(payload, dict):
        return [text for value in payload.values() for text in _texts(value)]
    if isinstance(payload, list):
        return [text for value in payload for text in _texts(value)]
    return [payload] if isinstance(payload, str) else []

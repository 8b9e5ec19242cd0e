"""Plugins that speak no HTTP, fail, or hang in ways of their own: made with Apprise's own decorator."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from apprise.decorators import notify
from apprise.manager_plugins import NotificationManager
from pydantic import SecretStr

from notifiers.apprise import AppriseSender
from notifiers.page import Destination, Page, Receipt

Behave = Callable[[], bool]


@pytest.fixture
def plugin() -> Iterator[Callable[[Behave], Destination]]:
    """A service under the scheme ours://, that behaves as it is told."""

    def service(behave: Behave) -> Destination:
        @notify(on="ours")
        def ours(*_: Any, **__: Any) -> bool:
            return behave()

        return Destination(name="ours", address=SecretStr("ours://"), timeout=timedelta(milliseconds=200))

    yield service
    NotificationManager().remove("ours")


async def test_a_plugin_that_says_yes_is_believed(
    page: Page, plugin: Callable[[Behave], Destination]
) -> None:
    """Without HTTP the plugin's word stands."""
    assert await AppriseSender().send(page, plugin(lambda: True)) == Receipt(outcome="accepted")


async def test_a_plugin_that_says_no_is_tried_again(
    page: Page, plugin: Callable[[Behave], Destination]
) -> None:
    """Without a reason the refusal is one that may pass."""
    receipt = await AppriseSender().send(page, plugin(lambda: False))
    assert (receipt.outcome, receipt.reason) == ("refused", "server_error")


async def test_a_plugin_that_hangs_is_left_behind(
    page: Page, plugin: Callable[[Behave], Destination]
) -> None:
    """A deadline that the plugin does not know ends the wait all the same."""
    release = threading.Event()
    receipt = await AppriseSender().send(page, plugin(lambda: release.wait(30)))
    release.set()
    assert (receipt.outcome, receipt.reason) == ("unknown", "timeout")

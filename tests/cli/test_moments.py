"""Times at a terminal are the reader's, and say which zone that is."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.cli.answering import DONE, ask, daemon, incident, opened


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A terminal in Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_list_says_the_readers_own_time_with_its_offset() -> None:
    """Nobody converts UTC in their head at night; --utc shows what the log and the colleagues elsewhere see."""
    summer = incident(2, detected_at="2026-07-25T03:00:00+00:00")
    with daemon(incidents=opened(incident(1), summer)) as server:
        ours = ask("incidents", url=server.url).output
        utc = ask("incidents", "--utc", url=server.url).output
    assert "since 2026-11-25 04:00 +01:00: the API" in ours
    assert "since 2026-07-25 05:00 +02:00: the API" in ours
    assert "since 2026-11-25 03:00 UTC: the API" in utc


@pytest.mark.parametrize(
    ("options", "moment"),
    [
        (("--at", "2026-11-25T04:30"), "2026-11-25T04:30:00+01:00"),
        (("--at", "2026-11-25 04:30", "--utc"), "2026-11-25T04:30:00+00:00"),
        (("--utc", "--at", "2026-11-25 04:30"), "2026-11-25T04:30:00+00:00"),
    ],
)
def test_a_moment_that_is_typed_is_the_readers_own(options: tuple[str, ...], moment: str) -> None:
    """What is read there can be typed back: 04:30 is half past four on the wall."""
    with daemon(incidents__INC_1__deployed=DONE) as server:
        ask("deployed", "INC-1", *options, url=server.url)
    assert [body["at"] for method, _, body, _ in server.asked if method == "POST"] == [moment]

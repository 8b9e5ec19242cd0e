"""The console, the memory, and which sender carries what."""

from __future__ import annotations

import io
import os
from datetime import timedelta

import pytest
from pydantic import SecretStr

from notifiers.console import ConsoleSender
from notifiers.memory import MemorySender
from notifiers.page import Destination, Page, Receipt
from notifiers.send import scheme_of, sender_for

ANN = Destination(name="ann", address=SecretStr("console://"), timeout=timedelta(seconds=5))
BOB = Destination(name="bob", address=SecretStr("console://"), timeout=timedelta(seconds=5))
LATER = Receipt(outcome="refused", reason="rate_limited")
LOST = Receipt(outcome="unknown", reason="timeout")


async def test_the_console_shows_the_page(page: Page) -> None:
    """Title, lines and the way to acknowledge, and nothing that steers the terminal."""
    stream = io.StringIO()
    assert (await ConsoleSender(stream).send(page, ANN)).outcome == "accepted"
    shown = stream.getvalue()
    assert shown.startswith("-- wake to ann ---")
    assert "INC-1042 shop" in shown
    assert "Acknowledge: https://watcher.shop.example/ack/abc" in shown


async def test_the_console_is_standard_output_as_it_is_now(
    page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output is looked up when a page is sent, not when the sender is made."""
    await ConsoleSender().send(page, ANN)
    assert "INC-1042" in capsys.readouterr().out


async def test_a_terminal_of_few_letters_shows_numbers(page: Page) -> None:
    """What the terminal cannot show does not cost the page."""
    raw = io.BytesIO()
    terminal = io.TextIOWrapper(raw, encoding="ascii")
    assert (await ConsoleSender(terminal).send(page, ANN)).outcome == "accepted"
    assert b"\\u200b" in raw.getvalue()


async def test_a_console_that_is_gone_is_unreachable(page: Page) -> None:
    """A closed stream and a pipe without a reader are failures that may pass."""
    closed = io.StringIO()
    closed.close()
    reading, writing = os.pipe()
    os.close(reading)
    pipe = os.fdopen(writing, "w")
    for stream in (closed, pipe):
        receipt = await ConsoleSender(stream).send(page, ANN)
        assert (receipt.outcome, receipt.reason) == ("refused", "unreachable")
    with pytest.raises(BrokenPipeError):
        pipe.close()


async def test_memory_answers_from_its_script_and_then_accepts(page: Page) -> None:
    """Each target has its own script; what was accepted can be read back in order."""
    sender = MemorySender({"ann": [LATER, LOST]})
    receipts = [await sender.send(page, where) for where in (ANN, BOB, ANN, ANN)]
    assert [r.outcome for r in receipts] == ["refused", "accepted", "unknown", "accepted"]
    assert [(s.target, s.receipt.outcome) for s in sender.sent][2] == ("ann", "unknown")
    assert (len(sender.pages()), len(sender.pages("ann"))) == (2, 1)


@pytest.mark.parametrize(
    ("address", "scheme"),
    [
        ("console://", "console"),
        (" CONSOLE://x", "console"),
        ("slack://a/b", "slack"),
        ("nothing", ""),
        ("", ""),
    ],
)
def test_a_scheme_is_what_stands_before_the_slashes(address: str, scheme: str) -> None:
    """In lower case; empty where there is none."""
    assert scheme_of(address) == scheme


def test_the_scheme_chooses_the_sender() -> None:
    """The named one, or else the one that answers for every other."""
    console, other = ConsoleSender(), MemorySender()
    senders = {"": other, "console": console}
    assert sender_for("Console://", senders) is console
    assert sender_for("slack://a/b", senders) is other
    assert sender_for("nonsense", senders) is other

"""What becomes of a page at a service that answers well, badly, or not at all: real sockets on loopback."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import ssl
import subprocess
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from notifiers.apprise import ATTEMPTS_MAX, AppriseSender, describe, understandable
from notifiers.page import Destination, Page, Receipt
from notifiers.wire import ANSWER_MAX
from tests.notifiers.conftest import Receiver, receiving

TOKEN = "T0kenThatNobodySees"
QUICK = timedelta(milliseconds=300)
PATIENT = timedelta(seconds=20)


def to(
    receiver: Receiver, word: str, timeout: timedelta = PATIENT, scheme: str = "json", query: str = ""
) -> Destination:
    address = f"{scheme}://user:{TOKEN}@127.0.0.1:{receiver.port}/{word}/{TOKEN}{query}"
    return Destination(name=f"to-{word}", address=SecretStr(address), timeout=timeout)


async def test_a_page_arrives_as_it_was_rendered(receiver: Receiver, page: Page) -> None:
    """Title and body arrive as plain text, harmless, with our own link whole."""
    assert await AppriseSender().send(page, to(receiver, "ok")) == Receipt(outcome="accepted")
    ((_, body),) = receiver.bodies
    sent = json.loads(body)
    assert sent["title"].startswith("INC-1042 shop: P0 authentication: @\u200beveryone [look]\u200b(hxxps://")
    assert sent["message"].splitlines()[0] == "ROLL BACK to 2.41.0 (2.41.1 went out 9 min before)"
    assert sent["message"].splitlines()[-1] == "Acknowledge: https://watcher.shop.example/ack/abc"
    assert sent["type"] == "failure"


@pytest.mark.parametrize(
    ("word", "outcome", "reason"),
    [
        ("401", "refused", "auth"),
        ("403", "refused", "auth"),
        ("404", "refused", "client_error"),
        ("429", "refused", "rate_limited"),
        ("500", "refused", "server_error"),
        ("500-broken", "refused", "server_error"),
        ("redirect", "refused", "server_error"),
        ("reset", "unknown", "unreachable"),
        ("broken", "unknown", "unreachable"),
        ("garbage", "unknown", "unreachable"),
    ],
)
async def test_each_answer_has_its_reason(
    receiver: Receiver, page: Page, word: str, outcome: str, reason: str
) -> None:
    """What was refused is told apart from what may have arrived; a redirect is never a success."""
    receipt = await AppriseSender().send(page, to(receiver, word))
    assert (receipt.outcome, receipt.reason) == (outcome, reason)
    assert len(receiver.bodies) == 1


@pytest.mark.parametrize(
    ("word", "seconds"),
    [("429", 7), ("429-date", 30), ("429-json", 1.5), ("429-telegram", 12), ("429-nonsense", None)],
)
async def test_the_wait_that_a_service_asks_for_is_read(
    receiver: Receiver, page: Page, word: str, seconds: float | None
) -> None:
    """Retry-After is understood as seconds and as a moment of the service's own clock, or from its JSON."""
    receipt = await AppriseSender().send(page, to(receiver, word))
    assert receipt.retry_after == (None if seconds is None else timedelta(seconds=seconds))


async def test_a_hanging_service_leaves_the_outcome_unknown(receiver: Receiver, page: Page) -> None:
    """No answer in time: it may have arrived."""
    receipt = await AppriseSender().send(page, to(receiver, "hang", QUICK))
    assert (receipt.outcome, receipt.reason) == ("unknown", "timeout")


async def test_an_endless_answer_ends_with_its_cap(receiver: Receiver, page: Page) -> None:
    """Of an answer only its beginning is read; the status says that the page was taken."""
    assert (await AppriseSender().send(page, to(receiver, "drip"))).outcome == "accepted"
    assert receiver.bytes_sent < 200 * ANSWER_MAX


async def test_a_closed_port_is_known_to_have_taken_nothing(page: Page) -> None:
    """Refused connections and unknown hosts are unreachable, and surely not delivered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = Receiver(port=free.getsockname()[1])
        receipt = await AppriseSender().send(page, to(closed, "ok"))
    assert (receipt.outcome, receipt.reason) == ("refused", "unreachable")


@pytest.mark.parametrize(
    "address",
    ["nosuch://T0kenThatNobodySees", "slack://T0kenThatNobodySees/x", "T0kenThatNobodySees", "json://"],
)
async def test_an_address_that_nobody_understands_is_said_to_be_bad(page: Page, address: str) -> None:
    """A wrong scheme, a wrong token, and no address at all are the configuration's fault."""
    receipt = await AppriseSender().send(
        page, Destination(name="x", address=SecretStr(address), timeout=PATIENT)
    )
    assert (receipt.outcome, receipt.reason) == ("refused", "bad_address")
    assert not understandable(address)


async def test_nothing_is_sent_when_the_time_is_up(receiver: Receiver, page: Page) -> None:
    """A page whose time is over is not begun: it would arrive after its repetition."""
    receipt = await AppriseSender().send(page, to(receiver, "ok", timedelta(microseconds=1)))
    assert receipt.reason == "timeout"
    assert receiver.bodies == []


async def test_a_target_that_never_comes_back_holds_only_its_own_threads(
    receiver: Receiver, page: Page
) -> None:
    """Its attempts are capped and counted, another target is not delayed, and ended attempts give their place back."""
    sender = AppriseSender()
    stuck = [asyncio.ensure_future(sender.send(page, to(receiver, "hang"))) for _ in range(ATTEMPTS_MAX)]
    while len(receiver.bodies) < ATTEMPTS_MAX:
        receiver.arrived.clear()
        await receiver.arrived.wait()
    refused = await sender.send(page, to(receiver, "hang"))
    assert (refused.outcome, refused.reason) == ("refused", "timeout")
    assert str(ATTEMPTS_MAX) in refused.detail
    assert (await sender.send(page, to(receiver, "ok"))).outcome == "accepted"
    for one in stuck:
        one.cancel()
    await asyncio.gather(*stuck, return_exceptions=True)
    assert (await sender.send(page, to(receiver, "hang"))).outcome == "refused"


async def test_places_are_given_back(receiver: Receiver, page: Page) -> None:
    """Whatever the result, a target can be tried again and again."""
    sender = AppriseSender()
    for word in ("ok", "500", "reset", "401"):
        results = [await sender.send(page, to(receiver, word)) for _ in range(ATTEMPTS_MAX + 1)]
        assert len({r.outcome for r in results}) == 1


async def test_a_hanging_attempt_ends_with_its_time(receiver: Receiver, page: Page) -> None:
    """An HTTP service that hangs holds no thread beyond the attempt, so that the next attempt is made."""
    sender = AppriseSender()
    receipts = [await sender.send(page, to(receiver, "hang", QUICK)) for _ in range(ATTEMPTS_MAX + 1)]
    assert {r.outcome for r in receipts} == {"unknown"}


async def test_two_recipients_in_one_address_are_not_kept_apart(receiver: Receiver, page: Page) -> None:
    """Apprise would sleep for seconds between them; our lanes do the pacing."""
    address = SecretStr(f"ntfy://127.0.0.1:{receiver.port}/one/two")
    receipt = await AppriseSender().send(
        page, Destination(name="x", address=address, timeout=timedelta(seconds=4))
    )
    assert (receipt.outcome, len(receiver.bodies)) == ("accepted", 2)


async def test_fifty_targets_at_once_each_get_their_own_receipt(receiver: Receiver, page: Page) -> None:
    """Ten that hang and ten that fail change nothing for the other thirty (bench/paging_lanes.py measures how fast)."""
    sender = AppriseSender()
    words = ["hang"] * 10 + ["500"] * 10 + ["ok"] * 30
    where = [
        Destination(
            name=f"{word}-{n}",
            address=to(receiver, word).address,
            timeout=QUICK if word == "hang" else PATIENT,
        )
        for n, word in enumerate(words)
    ]
    receipts = await asyncio.gather(*(sender.send(page, one) for one in where))
    outcomes = [(r.outcome, r.reason) for r in receipts]
    assert (
        outcomes
        == [("unknown", "timeout")] * 10 + [("refused", "server_error")] * 10 + [("accepted", None)] * 30
    )


async def test_a_cancelled_send_is_cancelled(receiver: Receiver, page: Page) -> None:
    """A stop does not wait for a service that hangs."""
    task = asyncio.ensure_future(AppriseSender().send(page, to(receiver, "hang")))
    await receiver.arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("page "))


@pytest.mark.parametrize("word", ["ok", "401", "429", "500", "reset", "garbage", "hang"])
async def test_nothing_of_an_address_is_ever_said(
    receiver: Receiver,
    page: Page,
    word: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """At the most talkative level of every logger, neither logs nor receipts nor representations hold the secret."""
    caplog.set_level(1)
    for name in ("apprise", "urllib3", "requests"):
        logging.getLogger(name).setLevel(1)
    destination = to(receiver, word, QUICK if word == "hang" else PATIENT)
    receipt = await AppriseSender().send(page, destination)
    await AppriseSender().send(
        page, Destination(name="bad", address=SecretStr(f"slack://{TOKEN}/{TOKEN}/{TOKEN}"), timeout=PATIENT)
    )
    for name in ("apprise", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    printed = capfd.readouterr()
    shown = f"{caplog.text}{[vars(r) for r in caplog.records]}{receipt!r}{destination!r}{printed.out}{printed.err}"
    assert TOKEN not in shown
    assert TOKEN in str(receiver.bodies)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("slack://TokenA/TokenB/TokenC", "slack://\u2026"),
        ("ntfy://secret-topic", "ntfy://\u2026"),
        ("jsons://user:pw@alerts.example:8443/secret?x=secret", "jsons://alerts.example:8443"),
        ("MAILTO://user:pw@mail.example", "mailto://mail.example"),
        ("json://[::bad/secret", "json://\u2026"),
        ("json://host:notaport/secret", "json://\u2026"),
        ("secret", "an address"),
        ("se cret://x", "an address"),
    ],
)
def test_an_address_is_described_without_its_secrets(address: str, shown: str) -> None:
    """People see the scheme, and the host where that place surely holds a host."""
    assert describe(address) == shown


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A key and a certificate of its own for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=loopback -addext subjectAltName=IP:127.0.0.1"
    try:
        subprocess.run(
            [*command.split(), "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("openssl is not installed: no certificate can be made")
    return key, certificate


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
@pytest.mark.parametrize(("query", "outcome"), [("", "refused"), ("?verify=no", "accepted")])
async def test_a_certificate_that_nobody_signed_is_refused(
    certificate: tuple[Path, Path], page: Page, query: str, outcome: str
) -> None:
    """The shared TLS context verifies; only an address that says so does without."""
    key, own = certificate
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(own, key)
    async with receiving(tls) as secure:
        receipt = await AppriseSender().send(page, to(secure, "ok", scheme="jsons", query=query))
    assert receipt.outcome == outcome
    assert (receipt.reason == "unreachable") is (outcome == "refused")


async def test_the_shared_tls_context_checks_the_name_as_well(
    certificate: tuple[Path, Path], page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate that is trusted opens the way to the host that it names, and to no other."""
    key, own = certificate
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(own, key)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(own))
    async with receiving(tls) as secure:
        good = to(secure, "ok", scheme="jsons")
        other = SecretStr(good.address.get_secret_value().replace("127.0.0.1", "localhost"))
        receipts = [await AppriseSender().send(page, replace(good, address=a)) for a in (good.address, other)]
    assert [(r.outcome, r.reason) for r in receipts] == [("accepted", None), ("refused", "unreachable")]

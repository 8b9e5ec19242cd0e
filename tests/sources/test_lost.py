"""Requests that were not answered: which words they become, and whose fault they are."""

from __future__ import annotations

import asyncio
import errno
import shutil
import socket
import ssl
import subprocess
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from watcher.sources.lost import reading_of

TIMEOUT = timedelta(seconds=5)


def caused(cause: BaseException, outer: Exception | None = None) -> Exception:
    error = outer or httpx2.ConnectError("secret detail")
    error.__cause__ = cause
    return error


def expired() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "certificate has expired"
    return error


LOST = [
    ("down", "refused", caused(ConnectionRefusedError(111, "x"))),
    (
        "down",
        "refused",
        caused(caused(ExceptionGroup("x", [ConnectionRefusedError(111, "x")]), OSError("all failed"))),
    ),
    ("down", "reset", caused(ConnectionResetError(104, "x"), httpx2.ReadError("x"))),
    ("down", "reset", httpx2.ReadError("x")),
    ("down", "reset", caused(BrokenPipeError(32, "x"), httpx2.WriteError("x"))),
    ("down", "timed out after 5 s", TimeoutError()),
    ("down", "timed out after 5 s", httpx2.ConnectTimeout("x")),
    ("down", "timed out after 5 s", caused(TimeoutError(errno.ETIMEDOUT, "x"))),
    ("down", "bad certificate (expired)", caused(expired())),
    ("down", "no TLS connection", caused(ssl.SSLError(1, "wrong version number"))),
    ("down", "no route to the host", caused(OSError(errno.EHOSTUNREACH, "x"))),
    ("unknown", "our network is unreachable", caused(OSError(errno.ENETUNREACH, "x"))),
    ("unknown", "name not found", caused(socket.gaierror(socket.EAI_NONAME, "x"))),
    ("unknown", "name not found", caused(socket.gaierror(socket.EAI_AGAIN, "x"))),
    (
        "down",
        "closed without a whole answer",
        httpx2.RemoteProtocolError("Server disconnected without sending a response."),
    ),
    ("unknown", "no HTTP on that port", httpx2.RemoteProtocolError("illegal status line: secret")),
    ("unknown", "the request could not be made (LocalProtocolError)", httpx2.LocalProtocolError("secret")),
    ("unknown", "the request could not be made (ValueError)", ValueError("secret")),
]


@pytest.mark.parametrize(
    ("state", "words", "error"), LOST, ids=[f"{n} {row[1]}" for n, row in enumerate(LOST)]
)
def test_an_exception_becomes_words_of_ours(state: str, words: str, error: Exception) -> None:
    """The cause is found under its wrappers, and no text of the exception itself is repeated."""
    reading = reading_of(error, TIMEOUT)
    assert (reading.state, *reading.because) == (state, words)


def test_a_chain_of_exceptions_without_end_is_left_in_time() -> None:
    """Exceptions that contain each other are looked at a bounded number of times."""
    one, other = httpx2.ReadError("x"), ValueError("y")
    one.__cause__, other.__cause__ = other, one
    assert reading_of(one, TIMEOUT).state == "down"


@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl makes the certificate, and is not installed"
)
async def test_a_certificate_that_nobody_signed_is_down(tmp_path: Path) -> None:
    """A real server with a certificate of its own making: down, and `tls` is what fails."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subject = ["-subj", "/CN=localhost", "-days", "1", "-nodes", "-newkey", "rsa:2048"]
    command = ["openssl", "req", "-x509", *subject, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)  # noqa: ASYNC221 - nothing else runs yet
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with server, httpx2.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx2.ConnectError) as error:
            await client.get(f"https://127.0.0.1:{port}/")
    reading = reading_of(error.value, TIMEOUT)
    assert (reading.state, reading.because, reading.failed_components) == (
        "down",
        ("bad certificate (self-signed)",),
        ("tls",),
    )

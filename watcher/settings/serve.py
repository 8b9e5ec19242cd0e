"""The web as the configuration names it: where it listens, and whose tokens open it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from pydantic import Field

from watcher.settings.secret import Secret, Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
PORT_MAX = 65_535
TOKEN_MIN = 16
"""Characters: guessing is cut short for each address, and addresses are many."""


class Serve(Settings):
    listen: str = Field("127.0.0.1:9120", pattern=r"^[^\s/]+:\d{1,5}$")
    tokens: dict[str, Secret] = Field(default_factory=dict)


def problems(serve: Serve, public_url: str | None) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """A door that stands open, has a key that can be guessed, or cannot be."""
    if int(serve.listen.rpartition(":")[2]) > PORT_MAX:
        yield ("serve", "listen"), f"a port is a number up to {PORT_MAX}"
    for name, token in serve.tokens.items():
        if len(token.get_secret_value()) < TOKEN_MIN:
            mend = f"use at least {TOKEN_MIN} characters: openssl rand -hex 24"
            yield ("serve", "tokens", name), f"this token is too short, and would be guessed; {mend}"
    if serve.tokens:
        return
    if serve.listen.rpartition(":")[0] not in LOOPBACK:
        yield ("serve", "listen"), "beyond loopback the API needs a token; add one under serve.tokens"
    if public_url is not None and urlsplit(public_url).hostname not in LOOPBACK:
        # A proxy on this machine cannot be told from its users.
        yield (
            ("service", "public_url"),
            "behind a public address the API needs a token; add one under serve.tokens",
        )

"""Speaking to the daemon: where it listens, with which token, and what its answer means for the exit code."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from watcher.cli import address
from watcher.cli.ending import CANNOT_REACH, NO, USAGE, end, say, seen
from watcher.cli.moment import in_utc

DEFAULT_URL = "http://127.0.0.1:9120"
TIMEOUT_SECONDS = 15.0
"""A little longer than the daemon itself waits for its engine."""
ANSWER_MAX = 16 * 1024 * 1024
"""A thousand incidents are some megabytes."""
TOKEN_FILE_MAX = 4096

HOW = "-c watcher.yaml, or --token-file FILE (WATCHER_TOKEN_FILE)"

__all__ = ["CANNOT_REACH", "NO", "USAGE", "Client", "client", "end", "say", "seen", "show", "speaking"]

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Client:
    """One daemon. Commands end with the exit code that the answer means; only a good answer returns.

    `holds` names a field that every such answer of the watcher has: what lacks it is somebody else's.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    log: Path | None = None

    def get(self, path: str, *, holds: str | None = None) -> Any:
        return self._ask("GET", path, None, holds)

    def post(self, path: str, body: dict[str, Any], *, holds: str | None = None) -> Any:
        return self._ask("POST", path, body, holds)

    def delete(self, path: str) -> Any:
        return self._ask("DELETE", path, None, None)

    def peek(self, path: str) -> dict[str, Any]:
        """What may be good to know; empty where it cannot be had, for nothing depends on it."""
        import httpx2

        try:
            status, body = self._exchange("GET", path, None)
            found = json.loads(body) if status == 200 else {}  # noqa: PLR2004 - success
        except (httpx2.HTTPError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _ask(self, method: str, path: str, body: dict[str, Any] | None, holds: str | None) -> Any:
        import httpx2

        try:
            return self._answer(*self._exchange(method, path, body), holds)
        except httpx2.ConnectError as error:
            refused = "refused" in str(error).lower()
            self._cannot_reach("connection refused" if refused else "no connection")
        except httpx2.TimeoutException:
            self._cannot_reach(f"no answer within {TIMEOUT_SECONDS:.0f} s")
        except httpx2.InvalidURL:
            no_address(self.url)
        except httpx2.HTTPError as error:
            self._cannot_reach(type(error).__name__)

    def _exchange(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, bytes]:
        """Status and body. Raises what httpx2 raises."""
        import httpx2

        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        asked = f"{self.url.rstrip('/')}/api/v1{path}"
        with (
            httpx2.Client(
                timeout=TIMEOUT_SECONDS, trust_env=False, headers=headers, verify=asked.startswith("https:")
            ) as http,
            http.stream(method, asked, json=body) as response,
        ):
            return response.status_code, _read(response)

    def _answer(self, status: int, body: bytes, holds: str | None) -> Any:
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        good = status < 300  # noqa: PLR2004 - success
        if found is None and status >= 500:  # noqa: PLR2004 - a proxy's word, or its own last
            self._cannot_reach(f"status {status}")
        if not isinstance(found, dict) or ((holds if good else "error") or "") not in {*found, ""}:
            end(CANNOT_REACH, f"that is not the watcher: {self.url} (status {status})")
        if status == 401:  # noqa: PLR2004 - sign in
            end(USAGE, f"this daemon {'knows no such' if self.token else 'wants a'} token: {HOW}")
        if not good:
            end(_code(status), _because(found))
        return found

    def _cannot_reach(self, why: str) -> NoReturn:
        """Dead, the daemon can still be read: its log is a file."""
        end(
            CANNOT_REACH,
            f"cannot reach the daemon at {self.url}: {why}; is it running? systemctl status watcher\n"
            f"to read without it: {_offline()} --log {self.log or 'PATH'}",
        )


def _offline() -> str:
    """The command that was typed, where it reads a log as well; else what shows the same incident, or all."""
    ctx = click.get_current_context(silent=True)
    if ctx is None:
        return "watcher incidents"
    named = [str(ctx.params[p.name]) for p in ctx.command.params if isinstance(p, click.Argument) and p.name]
    reads = any("--log" in param.opts for param in ctx.command.params)
    command = str(ctx.info_name) if reads else "show" if "id_" in ctx.params else "incidents"
    words = ["watcher", command, *(named if reads else [ctx.params.get("id_", "")])]
    config = ctx.params.get("config") if reads else None
    return shlex.join([*filter(None, words), *(["-c", str(config)] if config else [])])


def _read(response: Any) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > ANSWER_MAX:
            break
    return bytes(body)


def _because(found: dict[str, Any]) -> str:
    """The daemon's own words, each fault on a line."""
    return "\n".join([str(found["error"]), *(f"  {fault}" for fault in found.get("faults", ()))])


def _code(status: int) -> int:
    if status >= 500:  # noqa: PLR2004 - the daemon cannot
        return CANNOT_REACH
    return NO if status in (404, 409, 422) else USAGE


def no_address(url: str) -> NoReturn:
    end(USAGE, f"{url} is no address; write http://HOST:PORT")


def show(value: Any, *, as_json: bool, words: Callable[[Any], str]) -> None:
    """JSON for programs, text for people."""
    click.echo(json.dumps(value, indent=2)) if as_json else say(words(value))


def client(url: str | None, token_file: Path | None, config: Path | None) -> Client:
    """The daemon that is meant: by address, by its configuration, or the one on this machine."""
    if url is not None and not address.plausible(url):
        no_address(url)
    token = _token(token_file)
    config = config or (None if url else address.lying_about())
    if config is None:
        return Client(url or DEFAULT_URL, token)
    found = address.configured(config, with_token=token is None)
    return Client(url or found.url, token or found.token, found.log)


def _token(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        with file.open(encoding="utf-8") as lines:
            token = lines.read(TOKEN_FILE_MAX).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        end(USAGE, f"the token's file {file} cannot be read: {reason}")
    if not token.isascii() or not token.isprintable():
        end(USAGE, f"the token's file {file} holds more than one line of plain text")
    return token or None


def speaking(command: Command) -> Command:
    """The options of every command that speaks to the daemon; they arrive as `url`, `token_file`, `config`, `as_json`."""
    path = click.Path(dir_okay=False, path_type=Path)
    for option in (
        in_utc,
        click.option("--json", "as_json", is_flag=True, help="JSON for programs."),
        click.option(
            "-c",
            "--config",
            type=path,
            help=f"The daemon's configuration ({' or '.join(map(str, address.PLACES))}).",
        ),
        click.option(
            "--token-file",
            type=path,
            envvar="WATCHER_TOKEN_FILE",
            help="A file that holds the token (WATCHER_TOKEN_FILE).",
        ),
        click.option(
            "--url", envvar="WATCHER_URL", help=f"Where the daemon answers ({DEFAULT_URL}; WATCHER_URL)."
        ),
    ):
        command = option(command)
    return command

"""Speaking to the daemon: where it listens, with which token, and what its answer means for the exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

DEFAULT_URL = "http://127.0.0.1:9120"
TIMEOUT_SECONDS = 15.0
"""A little longer than the daemon itself waits for its engine."""
ANSWER_MAX = 16 * 1024 * 1024
"""A thousand incidents are some megabytes."""
TOKEN_FILE_MAX = 4096

REPORTER = "report"
"""The token that may report and nothing else: not the one for people."""

NO, USAGE, CANNOT_REACH = 1, 2, 3

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Client:
    """One daemon. Commands end with the exit code that the answer means; only a good answer returns."""

    url: str
    token: str | None = field(default=None, repr=False)

    def get(self, path: str) -> Any:
        return self._ask("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("POST", path, body)

    def delete(self, path: str) -> Any:
        return self._ask("DELETE", path, None)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        import httpx2

        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        address = f"{self.url.rstrip('/')}/api/v1{path}"
        try:
            with (
                httpx2.Client(
                    timeout=TIMEOUT_SECONDS,
                    trust_env=False,
                    headers=headers,
                    verify=address.startswith("https:"),
                ) as http,
                http.stream(method, address, json=body) as response,
            ):
                return _answer(response.status_code, _read(response), self.url)
        except httpx2.ConnectError as error:
            refused = "refused" in str(error).lower()
            cannot_reach(self.url, "connection refused" if refused else "no connection")
        except httpx2.TimeoutException:
            cannot_reach(self.url, f"no answer within {TIMEOUT_SECONDS:.0f} s")
        except httpx2.InvalidURL:
            end(USAGE, f"{self.url} is no address; write http://HOST:PORT")
        except httpx2.HTTPError as error:
            cannot_reach(self.url, type(error).__name__)


def _read(response: Any) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > ANSWER_MAX:
            break
    return bytes(body)


def _answer(status: int, body: bytes, url: str) -> Any:
    try:
        found = json.loads(body)
    except ValueError:
        cannot_reach(url, f"what answers there (status {status}) is not the watcher")
    if status >= 300:  # noqa: PLR2004 - no success
        end(_code(status), _because(status, found))
    return found


def _because(status: int, found: Any) -> str:
    """The daemon's own words, each fault on a line."""
    said = found if isinstance(found, dict) else {}
    return "\n".join(
        [str(said.get("error", f"status {status}")), *(f"  {fault}" for fault in said.get("faults", ()))]
    )


def _code(status: int) -> int:
    if status >= 500:  # noqa: PLR2004 - the daemon cannot
        return CANNOT_REACH
    return NO if status in (404, 409, 422) else USAGE


def cannot_reach(url: str, why: str) -> NoReturn:
    end(CANNOT_REACH, f"cannot reach the daemon at {url}: {why}; is it running? systemctl status watcher")


def end(code: int, text: str) -> NoReturn:
    """Say why on stderr, and end with this exit code."""
    click.echo(seen(text), err=True)
    sys.exit(code)


def seen(text: str) -> str:
    """What a terminal may show: an escape sequence in somebody's error title must not reach it."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def say(text: str) -> None:
    click.echo(seen(text))


def show(value: Any, *, as_json: bool, words: Callable[[Any], str]) -> None:
    """JSON for programs, text for people."""
    click.echo(json.dumps(value, indent=2)) if as_json else say(words(value))


def client(url: str | None, token_file: Path | None, config: Path | None) -> Client:
    """The daemon that is meant: by address, by its configuration, or the one on this machine."""
    if config is not None and url is None:
        found_url, found_token = _configured(config)
        return Client(found_url, _token(token_file) or found_token)
    return Client(url or DEFAULT_URL, _token(token_file))


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


def _configured(config: Path) -> tuple[str, str | None]:
    """Where the daemon of a configuration listens, and the token called `cli`, else the first that may act.

    Only these two are read: the other secrets may be out of this user's reach.
    """
    from pydantic import ValidationError

    from rules.fault import Faults
    from rules.yaml import document
    from watcher.settings.serve import Serve

    try:
        value = document(config).value
        serve = value.get("serve", {}) if isinstance(value, dict) else {}
        tokens = serve.get("tokens", {})
        name = "cli" if "cli" in tokens else next((n for n in tokens if n != REPORTER), None)
        found = Serve.model_validate({**serve, "tokens": {name: tokens[name]} if name else {}})
    except Faults as faults:
        end(USAGE, str(faults))
    except (ValidationError, TypeError, AttributeError) as error:
        messages = (
            error.errors(include_url=False, include_input=False) if isinstance(error, ValidationError) else []
        )
        end(
            USAGE,
            "\n".join([f"{config}: serve cannot be used", *(f"  {message['msg']}" for message in messages)]),
        )
    token = found.tokens[name].get_secret_value() if name else None
    return f"http://{_reachable(found.listen)}", token


def _reachable(listen: str) -> str:
    """An address that answers: 0.0.0.0 is every one of this machine's."""
    host, _, port = listen.rpartition(":")
    return f"{ {'0.0.0.0': '127.0.0.1', '[::]': '[::1]', '': '127.0.0.1'}.get(host, host) }:{port}"  # noqa: S104 - compared, not bound


def speaking(command: Command) -> Command:
    """The options of every command that speaks to the daemon; they arrive as `url`, `token_file`, `config`, `as_json`."""
    path = click.Path(dir_okay=False, path_type=Path)
    for option in (
        click.option("--json", "as_json", is_flag=True, help="JSON for programs."),
        click.option("-c", "--config", type=path, help="Find the daemon by its configuration."),
        click.option(
            "--token-file", type=path, envvar="WATCHER_TOKEN_FILE", help="A file that holds the token."
        ),
        click.option("--url", envvar="WATCHER_URL", help=f"Where the daemon answers ({DEFAULT_URL})."),
    ):
        command = option(command)
    return command

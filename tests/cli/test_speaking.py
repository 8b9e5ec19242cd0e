"""The commands that speak to the daemon: words, exit codes, and what they do when nobody answers."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.serve.front import Front
from tests.virtual import run as virtually
from watcher.cli import watcher
from watcher.cli.client import seen
from watcher.log.sqlite import SqliteLog


class Daemon(ThreadingHTTPServer):
    """Answers on loopback from a table, and remembers what was asked."""

    def __init__(self, answers: dict[str, tuple[int, Any]]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, Any, str | None]] = []
        super().__init__(("127.0.0.1", 0), Asked)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Asked(BaseHTTPRequestHandler):
    server: Daemon

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

    def _answer(self, body: Any) -> None:
        self.server.asked.append((self.command, self.path, body, self.headers.get("authorization")))
        status, found = self.server.answers.get(self.path, (404, {"error": "there is no such incident"}))
        sent = found if isinstance(found, bytes) else json.dumps(found).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@contextmanager
def daemon(**answers: tuple[int, Any]) -> Iterator[Daemon]:
    """Serve answers; in their names `__` stands for a slash."""
    paths = {
        "/api/v1/" + name.replace("__", "/").replace("_", "-"): answer for name, answer in answers.items()
    }
    with Daemon(paths) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def ask(*arguments: str, url: str | None = None, **environment: str) -> Result:
    known = {"WATCHER_URL": url, "USER": "ann", "WATCHER_TOKEN_FILE": None, **environment}
    return CliRunner().invoke(watcher, arguments, env=known)


def incident(number: int, **changes: Any) -> dict[str, Any]:
    plain = {
        "id": f"INC-{number}",
        "category": "outage",
        "status": "investigating",
        "title": "the API is down",
        "acknowledged_by": None,
        "detected_at": "2026-11-25T03:00:00+00:00",
    }
    return {**plain, **changes}


def opened(*found: dict[str, Any]) -> tuple[int, Any]:
    return 200, {"incidents": list(found), "suspicions": []}


DONE = (200, {**incident(1), "said": ["ann acknowledged by api, until 03:30 UTC"]})


def test_an_acknowledgement_says_who_acts_and_what_came_of_it() -> None:
    """The id goes as it was typed, the name is --as or the user's, the token is the file's."""
    with daemon(incidents__inc_1__ack=DONE, incidents__INC_1__ack=DONE) as server:
        found = ask("ack", "inc-1", url=server.url)
        named = ask("ack", "INC-1", "--as", "bob", "--json", url=server.url)
    assert (found.exit_code, found.output) == (0, "INC-1: ann acknowledged by api, until 03:30 UTC\n")
    assert json.loads(named.output)["id"] == "INC-1"
    assert [body for _, _, body, _ in server.asked] == [{"as": "ann"}, {"as": "bob"}]


@pytest.mark.parametrize(
    ("arguments", "path", "body"),
    [
        (("resolve", "INC-1", "restarted", "it"), "INC-1/resolve", {"as": "ann", "text": "restarted it"}),
        (("false-alarm", "INC-1"), "INC-1/false-alarm", {"as": "ann"}),
        (("note", "INC-1", "looking"), "INC-1/note", {"as": "ann", "text": "looking"}),
        (("confirm", "SUS-1"), "SUS-1/confirm", {"as": "ann"}),
        (("not-p0", "SUS-1", "a test"), "SUS-1/not-p0", {"as": "ann", "text": "a test"}),
        (("ack", "../../x"), "..%2F..%2Fx/ack", {"as": "ann"}),
    ],
)
def test_each_verb_is_one_request(arguments: tuple[str, ...], path: str, body: dict[str, str]) -> None:
    """A command is a POST to its own address, and an id cannot leave it."""
    with daemon() as server:
        ask(*arguments, url=server.url)
    assert [(method, at, sent) for method, at, sent, _ in server.asked] == [
        ("POST", f"/api/v1/incidents/{path}", body)
    ]


def test_ack_without_an_id_takes_the_only_open_incident() -> None:
    """At 3 a.m. nobody types an id; where there are several they are listed, and nothing is taken."""
    with daemon(incidents=opened(incident(1)), incidents__INC_1__ack=DONE) as server:
        assert ask("ack", url=server.url).exit_code == 0
        assert server.asked[-1][:2] == ("POST", "/api/v1/incidents/INC-1/ack")
    with daemon(incidents=opened(incident(1), incident(2, acknowledged_by="bob"))) as server:
        several = ask("ack", url=server.url)
        assert several.exit_code == 2
        assert "INC-1  outage  investigating, since" in several.output
        assert "bob has it" in several.output
    with daemon(incidents=opened()) as server:
        none = ask("ack", url=server.url)
    assert (none.exit_code, none.output) == (1, "no incident is open\n")


@pytest.mark.parametrize(
    ("status", "code"), [(404, 1), (409, 1), (422, 1), (400, 2), (401, 2), (429, 2), (500, 3), (503, 3)]
)
def test_the_exit_code_says_whose_fault_it_is(status: int, code: int) -> None:
    """1 the answer is no, 2 we asked wrongly, 3 the daemon cannot; its own words are shown."""
    with daemon(reload=(status, {"error": "because", "faults": ["watcher.yaml:3:1: no"]})) as server:
        found = ask("reload", url=server.url)
    assert (found.exit_code, found.output) == (code, "because\n  watcher.yaml:3:1: no\n")


def test_nobody_at_home_is_exit_3_with_what_to_do() -> None:
    """The address, the reason, and where to look."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        found = ask("status", url=url)
    expected = (
        f"cannot reach the daemon at {url}: connection refused; is it running? systemctl status watcher\n"
    )
    assert (found.exit_code, found.output) == (3, expected)


@pytest.mark.parametrize("answer", [b"<html>hello</html>", b"", b"[1"])
def test_something_else_that_answers_is_not_the_daemon(answer: bytes) -> None:
    """A foreign page is named as one, not printed and not a crash."""
    with daemon(status=(200, answer)) as server:
        found = ask("status", url=server.url)
    assert found.exit_code == 3
    assert "is not the watcher" in found.output
    assert "hello" not in found.output


@pytest.mark.parametrize("url", ["ftp://x", "nonsense", "http://[", "http://127.0.0.1:99999"])
def test_an_address_that_is_none_is_said_so(url: str) -> None:
    """No traceback, whatever was given."""
    found = ask("status", url=url)
    assert found.exit_code in (2, 3)
    assert found.output.count("\n") == 1
    assert not isinstance(found.exception, ValueError)


CONFIG = """\
version: 1
serve:
  listen: 0.0.0.0:{port}
  tokens:
    ci: "${{NOT_SET_FOR_THIS_USER}}"
    cli: {{file: "{token}"}}
sentry: not even read
"""


def test_the_configuration_says_where_and_with_which_token(tmp_path: Path) -> None:
    """Of the configuration only the address and the cli token are read: other secrets may be out of reach."""
    token = tmp_path / "token"
    token.write_text("the-token\n")
    with daemon(incidents=opened()) as server:
        config = tmp_path / "watcher.yaml"
        config.write_text(CONFIG.format(port=server.server_address[1], token=token))
        found = ask("incidents", "-c", str(config))
        by_file = ask("incidents", "--token-file", str(token), url=server.url)
    assert (found.exit_code, found.output) == (0, "nothing is open\n")
    assert by_file.exit_code == 0
    assert {authorization for *_, authorization in server.asked} == {"Bearer the-token"}


@pytest.mark.parametrize(
    "text",
    [
        "serve: {listen: nowhere}",
        "serve: 3",
        "serve: {tokens: {cli: plain-secret}}",
        "serve: {tokens: [a]}",
        "a: [",
        "serve: {x: 1}",
    ],
)
def test_a_configuration_that_cannot_be_used_is_exit_2_without_its_secrets(tmp_path: Path, text: str) -> None:
    """What is wrong is said; a secret in plain text is not repeated."""
    config = tmp_path / "watcher.yaml"
    config.write_text(text)
    found = ask("status", "-c", str(config))
    assert (found.exit_code, "plain-secret" in found.output) == (2, False)
    assert str(config) in found.output


def test_a_token_file_that_cannot_be_read_is_exit_2(tmp_path: Path) -> None:
    """It is named with the reason, and nothing is sent."""
    assert ask("status", "--token-file", str(tmp_path / "none")).exit_code == 2
    (tmp_path / "two").write_text("one\ntwo\n")
    assert "more than one line" in ask("status", "--token-file", str(tmp_path / "two")).output


def test_what_a_terminal_may_not_see_is_not_shown() -> None:
    """An escape sequence in a title stays out of the terminal, in text and in JSON."""
    hostile = incident(1, title="\x1b]0;owned\x07\u202eevil")
    with daemon(incidents=opened(hostile)) as server:
        text, machine = ask("incidents", url=server.url), ask("incidents", "--json", url=server.url)
    for output in (text.output, machine.output):
        assert "\x1b" not in output
        assert "\u202e" not in output
    assert seen("a\tb\nc") == "a b\nc"


def test_the_log_is_read_when_the_daemon_is_dead(tmp_path: Path) -> None:
    """`incidents` and `show` read the file itself; suspicions and closed incidents as well."""
    path = tmp_path / "watcher.db"

    async def life() -> None:
        stage = Front(SqliteLog(path))
        await stage.start()
        await stage.probe("down")
        await stage.crash()
        stage.log.close()

    virtually(life())
    listed = ask("incidents", "--log", str(path))
    shown = ask("show", "inc-1", "--log", str(path))
    machine = json.loads(ask("show", "INC-1", "--log", str(path), "--json").output)
    missing = ask("show", "INC-9", "--log", str(path))
    assert listed.output.startswith("INC-1  outage  investigating, since 2026-11-25 03:00 UTC: ")
    assert "ann-phone: accepted (ann)" in shown.output
    assert "2026-11-25 03:00:00 UTC  opened as P0 outage in production" in shown.output
    assert (machine["id"], machine["timeline"][0]["event"]) == ("INC-1", "Opened")
    assert (missing.exit_code, "there is no INC-9" in missing.output) == (1, True)
    assert ask("incidents", "--all", "--log", str(path)).exit_code == 0


def test_a_file_that_is_no_log_is_said_so(tmp_path: Path) -> None:
    """Exit 3 with a reason, and the file stays as it was."""
    path = tmp_path / "other.db"
    path.write_bytes(b"something else entirely, and long enough to be no database" * 50)
    before = path.read_bytes()
    found = ask("incidents", "--log", str(path))
    assert (found.exit_code, path.read_bytes() == before) == (3, True)
    assert "cannot be" in found.output


def test_an_unwell_daemon_is_exit_1(tmp_path: Path) -> None:
    """`status` answers the question whether it watches."""
    source = {
        "name": "health:api",
        "state": "blind",
        "looked_at": None,
        "blind_since": "2026-11-25T03:00:00+00:00",
    }
    found = {
        "ok": False,
        "version": "1",
        "service": "shop",
        "turned_at": None,
        "sources": [{**source, "reason": "timeout", "detail": ""}],
        "silences": [],
        "pages_pending": 2,
        "incidents": [],
        "suspicions": [],
    }
    with daemon(status=(200, found)) as server:
        answer = ask("status", url=server.url)
    assert answer.exit_code == 1
    assert "NOT WATCHING" in answer.output
    assert "health:api  BLIND since 2026-11-25 03:00 UTC (timeout)" in answer.output
    assert "2 pages still owed" in answer.output


def test_help_imports_no_command_and_is_quick() -> None:
    """The list of commands costs click alone; an unknown command is exit 2."""
    program = "import sys; from watcher.cli import watcher; watcher(['--help'], standalone_mode=False); print(sorted(sys.modules))"
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    took = time.perf_counter() - began
    for heavy in ("httpx2", "pydantic", "starlette", "re2", "apprise", "watcher.config"):
        assert f"'{heavy}'" not in done.stdout
    assert took < 2
    assert ask("dance").exit_code == 2
    assert ask("version").output.startswith("watcher ")

"""Where the daemon is, with which token; the log where there is none; and what a terminal gets to see."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.answering import ask, daemon, incident, opened
from tests.serve.front import Front
from tests.virtual import run as virtually
from watcher.cli.client import seen
from watcher.log.sqlite import SqliteLog

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


def test_the_token_for_reports_is_not_the_one_for_people(tmp_path: Path) -> None:
    """Without a token called cli the first that may act is taken."""
    token = tmp_path / "token"
    token.write_text("the-token\n")
    text = CONFIG.replace("    ci: ", "    report: ").replace("    cli: ", "    ops: ")
    with daemon(incidents=opened()) as server:
        config = tmp_path / "watcher.yaml"
        config.write_text(text.format(port=server.server_address[1], token=token))
        assert ask("incidents", "-c", str(config)).exit_code == 0
    assert server.asked[0][3] == "Bearer the-token"


def test_the_configuration_of_this_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody types where the daemon is at 3 a.m.; an address that is given goes before it."""
    token = tmp_path / "token"
    token.write_text("the-token\n")
    monkeypatch.chdir(tmp_path)
    with daemon(incidents=opened()) as server, daemon(incidents=opened()) as other:
        config = tmp_path / "watcher.yaml"
        config.write_text(CONFIG.format(port=server.server_address[1], token=token))
        assert ask("incidents").exit_code == 0
        assert ask("incidents", url=other.url).exit_code == 0
        assert ask("incidents", "-c", str(config), url=other.url).exit_code == 0
    assert [authorization for *_, authorization in server.asked] == ["Bearer the-token"]
    assert [authorization for *_, authorization in other.asked] == [None, "Bearer the-token"]


def test_a_token_that_is_not_at_hand_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal has not the daemon's environment: which variable, or what instead. A file needs none."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLI_TOKEN", raising=False)
    (tmp_path / "token").write_text("the-token\n")
    with daemon(incidents=opened()) as server:
        port = server.server_address[1]
        Path("watcher.yaml").write_text(
            f'serve: {{listen: "127.0.0.1:{port}", tokens: {{cli: "${{CLI_TOKEN}}"}}}}'
        )
        found, by_file = ask("incidents"), ask("incidents", "--token-file", "token")
    said = "this daemon wants a token: set CLI_TOKEN, or --token-file FILE (WATCHER_TOKEN_FILE)\n"
    assert (found.exit_code, found.output) == (2, said)
    assert (by_file.exit_code, server.asked[0][3]) == (0, "Bearer the-token")


def test_a_daemon_that_wants_a_token_says_how_to_give_one(tmp_path: Path) -> None:
    """What a program would send in a header, a person at a terminal gives by an option."""
    (tmp_path / "token").write_text("stale\n")
    with daemon(incidents=(401, {"error": "sign in"})) as server:
        none = ask("incidents", url=server.url)
        stale = ask("incidents", "--token-file", str(tmp_path / "token"), url=server.url)
    how = "-c watcher.yaml, or --token-file FILE (WATCHER_TOKEN_FILE)\n"
    assert (none.exit_code, none.output) == (2, f"this daemon wants a token: {how}")
    assert (stale.exit_code, stale.output) == (2, f"this daemon knows no such token: {how}")


def test_the_log_of_a_dead_daemon_is_named(tmp_path: Path) -> None:
    """Beside the configuration, as the daemon reads it; in the command that was typed, where that reads a log as well."""
    config = tmp_path / "watcher.yaml"
    with daemon() as server:
        port = server.server_address[1]
    config.write_text(f'serve: {{listen: "127.0.0.1:{port}"}}\nlog: {{path: watcher.db}}\n')
    log = tmp_path / "watcher.db"
    for typed, named in {
        ("incidents",): f"incidents -c {config}",
        ("show", "INC-3"): f"show INC-3 -c {config}",
        ("show",): f"show -c {config}",
        ("postmortem", "INC-3"): f"postmortem INC-3 -c {config}",
        ("who",): f"who -c {config}",
        ("ack", "INC-3"): "show INC-3",
        ("ack",): "show",
        ("state", "INC-3", "--isolated", "yes"): "show INC-3",
        ("tick", "INC-3", "smoke-test"): "show INC-3",
        ("status",): "incidents",
    }.items():
        found = ask(*typed, "-c", str(config))
        assert found.exit_code == 3
        assert f"to read without it: watcher {named} --log {log}\n" in found.output


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
    assert "Value error" not in found.output


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


def test_a_command_that_is_none_is_answered_with_the_nearest() -> None:
    """`shwo` is show; what is like nothing is only refused."""
    near, far = ask("shwo"), ask("dance")
    assert (near.exit_code, far.exit_code) == (2, 2)
    assert "there is no command 'shwo'; did you mean show?" in near.output
    assert "there is no command 'dance'\n" in far.output
    assert ask("--version").output == ask("version").output

"""`watcher init`: five questions, a checked configuration, a test page on the phone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from watcher.cli.client import NO, USAGE, end, say
from watcher.cli.questions import NONE, Answers, answers

if TYPE_CHECKING:
    from notifiers.page import Receipt
    from watcher.opening import Governing

FOLDER = "secrets"
TARGET = "phone"

Path_ = click.Path(dir_okay=False, path_type=Path)


@click.command("init")
@click.option("-c", "--config", type=Path_, default=Path("watcher.yaml"), show_default=True)
@click.option("--service", help="What is watched, as people call it.")
@click.option("--health-url", help="An address that says whether it is well.")
@click.option("--sentry", help=f"Where your Sentry or GlitchTip answers, or {NONE}.")
@click.option("--organization", help="Your organization there.")
@click.option("--token-file", type=Path_, help="A file that holds its token.")
@click.option("--phone", help="An Apprise address that rings your phone.", envvar="WATCHER_PHONE")
@click.option("--name", help="Your name.")
@click.option("--offline", is_flag=True, help="Check without asking your Sentry.")
@click.option("--no-page", is_flag=True, help="Send no test page.")
def init(config: Path, *, offline: bool, no_page: bool, **given: Any) -> None:
    """Ask five questions, write a checked configuration, and send your phone a test page.

    What is given as an option is not asked. Nothing that exists is overwritten.
    Exit codes: 0 it works, 1 something is to be mended or the page did not arrive, 2 nothing was written.
    """
    folder = config.resolve().parent
    if config.exists() or (folder / FOLDER).exists():
        end(USAGE, f"{config} or {folder / FOLDER} exists; nothing was overwritten: move it, or name another")
    if not folder.is_dir():
        end(USAGE, f"the folder {folder} does not exist; make it: mkdir -p {folder}")
    asked = any(given[one] is None for one in ("service", "health_url", "sentry", "phone", "name"))
    governing = _write(config, folder, answers(given))
    say(f"Wrote {config}, and the secrets beside it in {folder / FOLDER} for your eyes only.")
    wrong = _check(governing, offline=offline)
    arrived = no_page or _page(governing, asked=asked)
    if wrong:
        say(
            f"Mend what is called FAULT, in {config} or in {folder / FOLDER}; then: watcher check -c {config}"
        )
    say(f"Next: watcher run -c {config}   and then: watcher page-test --ack -c {config}")
    say("As a service: docs/install.md says what is written otherwise there.")
    sys.exit(NO if wrong or not arrived else 0)


def _write(config: Path, folder: Path, given: Answers) -> Governing:
    """Write it all, or nothing: what cannot be used is taken away again, and every fault is named."""
    from rules.fault import Faults
    from watcher.live import live_load

    draft = config.with_name(f".{config.name}.new")
    try:
        _keep_secrets(folder / FOLDER, given)
        _private(draft, _text(folder / FOLDER, given))
        live_load(draft)
        draft.rename(config)
        return live_load(config)
    except (Faults, OSError) as error:
        _take_away(draft, folder / FOLDER)
        faults = str(error).replace(draft.name, config.name)
        end(USAGE, f"{faults}\nNothing was written. Try again with what is named above mended.")


def _keep_secrets(secrets: Path, given: Answers) -> None:
    secrets.mkdir(mode=0o700)
    _private(secrets / "phone_url", given.phone + "\n")
    if given.token is not None:
        _private(secrets / "sentry_token", given.token + "\n")


def _private(path: Path, text: str) -> None:
    """A file that did not exist, and that nobody else may read."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="utf-8")


def _take_away(draft: Path, secrets: Path) -> None:
    draft.unlink(missing_ok=True)
    for name in ("phone_url", "sentry_token"):
        (secrets / name).unlink(missing_ok=True)
    if secrets.is_dir() and not any(secrets.iterdir()):
        secrets.rmdir()


def _text(secrets: Path, given: Answers) -> str:
    """The configuration as a person would write it."""
    endpoint = f"{{name: api, url: {_quoted(given.health_url)}, system: api, critical: true}}"
    lines = [
        "# What is watched, and who is paged. Everything that is not written has a default.",
        "version: 1",
        f"service: {{name: {_quoted(given.service)}}}",
        *_sentry(secrets, given),
        "health:",
        "  endpoints:",
        f"    - {endpoint}",
        "contacts:",
        f"  {_quoted(given.name)}: {{targets: [{TARGET}]}}",
        "targets:",
        f"  {TARGET}: {{apprise: {{file: {_quoted(secrets / 'phone_url')}}}, wakes: true}}",
        f"on_call: {{default: {_quoted(given.name)}}}",
        "log: {path: watcher.db}",
    ]
    return "\n".join(lines) + "\n"


def _sentry(secrets: Path, given: Answers) -> list[str]:
    if given.sentry is None:
        return []
    file = given.token_file.resolve() if given.token_file is not None else secrets / "sentry_token"
    return [
        "sentry:",
        "  - name: sentry",
        f"    url: {_quoted(given.sentry)}",
        f"    organization: {_quoted(given.organization or '')}",
        f"    token: {{file: {_quoted(file)}}}",
    ]


def _quoted(text: object) -> str:
    """JSON's strings are YAML's."""
    import json

    return json.dumps(str(text), ensure_ascii=False)


def _check(governing: Governing, *, offline: bool) -> int:
    import asyncio

    from watcher.cli.check import look, tell
    from watcher.logs import configure

    configure("text")
    return tell(asyncio.run(look(governing, offline=offline)))


def _page(governing: Governing, *, asked: bool) -> bool:
    """Whether the page was taken; where somebody sits here, whether it arrived."""
    import asyncio

    receipt = asyncio.run(_send(governing))
    if receipt.outcome != "accepted":
        say(f"The test page was not taken: {receipt.outcome}, {receipt.reason}. {receipt.detail}".strip())
        return False
    say("The test page was taken.")
    if not asked or click.confirm("Did it arrive, and did the phone ring?"):
        return True
    say(
        "Let its app break through Do-Not-Disturb, and switch its battery saving off; docs/paging.md says more."
    )
    return False


async def _send(governing: Governing) -> Receipt:
    """The page as the daemon would send it, without a daemon."""
    from notifiers.page import Page
    from notifiers.send import sender_for
    from watcher.live import live_world

    service, target = governing.config.service.name, governing.config.targets[TARGET]
    page = Page(
        id="TEST-1",
        kind="wake",
        title=f"{service}: test page",
        lines=(
            "Nothing is wrong: the watcher has just been set up.",
            "A real page looks and sounds like this.",
        ),
    )
    sender = sender_for(target.apprise.get_secret_value(), live_world().senders)
    return await sender.send(page, target.destination(TARGET))

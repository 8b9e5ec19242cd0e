"""`watcher page-test`: does a page reach them, on which target, and do they answer?"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from watcher.cli.act import acting, said, user
from watcher.cli.client import NO, client, show, speaking
from watcher.cli.waiting import Span, until

WITHIN = timedelta(minutes=2)
"""A target that has not taken a page by then would not wake anybody in time."""
ENDED = ("accepted", "failed", "withdrawn")

Found = dict[str, Any]


@click.command("page-test")
@click.argument("contact", required=False)
@click.option("--ack", "acknowledged", is_flag=True, help="Wait until a person answers it, too.")
@click.option(
    "--within", type=Span(), default=WITHIN, show_default="2m", metavar="TIME", help="How long to wait."
)
@acting
@speaking
def page_test(
    contact: str | None,
    within: timedelta,
    who: str | None,
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    acknowledged: bool,
    as_json: bool,
) -> None:
    """Send CONTACT (whoever is on call where none is named) a test page through the whole path, and wait for it.

    Exit 1 where a target did not take it; with --ack where nobody answered it.
    """
    speaker = client(url, token_file, config)
    asked = speaker.post("/page-test", said({"contact": contact, "as": who or user()}))
    path = f"/page-test/{quote(asked['id'], safe='')}"
    newest: list[Found] = [asked]

    def looked() -> Found | None:
        newest[0] = speaker.get(path)
        return newest[0] if _over(newest[0], acknowledged=acknowledged) else None

    until(looked, within)
    show(newest[0], as_json=as_json, words=lambda found: _words(found, acknowledged=acknowledged))
    sys.exit(0 if _good(newest[0], acknowledged=acknowledged) else NO)


def _over(found: Found, *, acknowledged: bool) -> bool:
    if acknowledged and found["acknowledged_by"] is None:
        return False
    return all(receipt["state"] in ENDED for receipt in found["receipts"].values())


def _good(found: Found, *, acknowledged: bool) -> bool:
    """Taken everywhere; whoever answered has it, whatever the other targets say."""
    if acknowledged:
        return found["acknowledged_by"] is not None
    states = [receipt["state"] for receipt in found["receipts"].values()]
    return bool(states) and all(state == "accepted" for state in states)


def _words(found: Found, *, acknowledged: bool) -> str:
    lines = [f"{found['id']} to {found['to']}:"]
    lines += [f"  {target}: {_receipt(receipt)}" for target, receipt in found["receipts"].items()]
    if not found["receipts"]:
        lines.append("  no target of theirs takes a page that wakes")
    if found["acknowledged_by"]:
        took = _moment(found["acknowledged_at"]) - _moment(found["requested_at"])
        lines.append(f"{found['acknowledged_by']} answered after {took.total_seconds():.0f} s")
    elif acknowledged:
        lines.append("NOBODY ANSWERED IT")
    return "\n".join(lines)


def _receipt(receipt: Found) -> str:
    tries = f", {receipt['attempts']} attempts" if receipt["attempts"] > 1 else ""
    return f"{receipt['state']}{tries}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)

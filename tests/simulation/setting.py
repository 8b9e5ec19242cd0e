"""What governs a simulated world: configurations of several shapes, and a rulebook of one line a category."""

from __future__ import annotations

import os
from functools import cache

from rules import load as rulebooks
from rules.rulebook import Rulebook
from rules.yaml import compose
from watcher.config import Config
from watcher.opening import Governing

TEAM = """\
version: 1
service: {{name: shop}}
health:
  endpoints:
{endpoints}
sentry:
  - {{name: shop, url: "http://sentry.example", organization: acme, token: "${{SIMULATED_TOKEN}}"}}
blind: {{reference: ["http://reference.example/"]}}
rules: {{group_by: [system]}}
contacts:
  ann: {{targets: [chat, {ann}]}}
  bob: {{role: backup, targets: [bob-phone]}}
  cara: {{role: cto, targets: [cara-phone, cara-mail]}}
targets:
  chat: {{apprise: "memory://127.0.0.1", timeout: 5s}}
  ann-phone: {{apprise: "memory://127.0.0.1", wakes: true, fallback: ann-spare}}
  ann-spare: {{apprise: "memory://127.0.0.1", wakes: true}}
  bob-phone: {{apprise: "memory://127.0.0.1", wakes: true, timeout: 15s}}
  cara-phone: {{apprise: "memory://127.0.0.1", wakes: true, fallback: chat}}
  cara-mail: {{apprise: "memory://127.0.0.1"}}
  status: {{apprise: "memory://127.0.0.1", for: [publish]}}
on_call: {{default: ann}}
stakeholders: {{targets: [status], every: 30m}}
recovery: {{clean_for: {clean}, watch_for: {watch}}}
"""

ALONE = """\
version: 1
service: {{name: shop}}
health:
  endpoints:
{endpoints}
sentry:
  - {{name: shop, url: "http://sentry.example", organization: acme, token: "${{SIMULATED_TOKEN}}"}}
blind: {{reference: ["http://reference.example/"]}}
rules: {{group_by: [system]}}
contacts:
  ann: {{targets: [{ann}, ann-mail]}}
targets:
  ann-phone: {{apprise: "memory://127.0.0.1", wakes: true, timeout: 5s}}
  ann-spare: {{apprise: "memory://127.0.0.1", wakes: true}}
  ann-mail: {{apprise: "memory://127.0.0.1"}}
on_call: {{default: ann}}
recovery: {{clean_for: {clean}, watch_for: {watch}}}
"""

ENDPOINT = '    - {{name: {0}, url: "http://{0}.example/health", system: {0}, critical: true}}'
TOKEN = "sntryu_" + "5" * 64
SHAPES = {"team": TEAM, "alone": ALONE}
SYSTEMS = ("api", "auth", "billing", "chat", "export", "search")

RULES = (
    ("outage", "outage.down", "health", "the API answers 500 to all requests", "{state: [down]}", "definite"),
    ("authentication", "authentication.sign-in", "issue", "users cannot sign in", "{any_text: ['sign in failed']}", "definite"),
    ("payments", "payments.twice", "issue", "duplicate charges", "{any_text: ['charged twice']}", "definite"),
    ("security", "security.bypass", "issue", "authentication bypass", "{any_text: ['bypassed']}", "definite"),
    ("data-loss", "data-loss.export", "issue", "export losing data", "{any_text: ['export is incomplete']}", "hint"),
    ("data-loss", "data-loss.gone", "report", "conversations deleted unintentionally", "{any_text: ['are gone']}", "hint"),
)  # fmt: skip

TITLES = {
    "authentication": "CallbackRouteError: sign in failed",
    "payments": "ChargeError: customer charged twice",
    "security": "AccessError: middleware bypassed",
    "hint": "ExportError: export is incomplete",
}

_RULE = """\
version: 1
category: {category}
rules:
  - id: {id}
    trigger: {trigger}
    because: "it says so"
    signal: {kind}
    when: {{all: [{when}]}}
    certainty: {certainty}
    examples: {{fires: [{fires}], near_misses: [{misses}]}}
"""

_EXAMPLES = {
    "health": ("{state: down, endpoint: api}", "{state: up, endpoint: api, why: it is well}"),
    "issue": (
        "{title: 'sign in failed, charged twice, bypassed, export is incomplete'}",
        "{title: 'all is well', why: nothing is said}",
    ),
    "report": ("{text: 'all our chats are gone'}", "{text: 'all is well', why: nothing is said}"),
}


@cache
def rulebook() -> Rulebook:
    """One rule a line of the table."""
    books = []
    for category, id_, kind, trigger, when, certainty in RULES:
        fires, misses = _EXAMPLES[kind]
        text = _RULE.format(
            category=category, id=id_, trigger=trigger, kind=kind, when=when, certainty=certainty,
            fires=fires, misses=misses,
        )  # fmt: skip
        books.append(rulebooks.read(text))
    entries = tuple(entry for book in books for entry in book.entries)
    return Rulebook(entries, "0" * 64, books[0].windows)


@cache
def governing(shape: str, clean: str, watch: str, *, lost: bool = False) -> Governing:
    """The configuration of a shape; `lost`: the on-call's phone was exchanged, and its name is gone."""
    text = written(shape, clean, watch, "\n".join(ENDPOINT.format(name) for name in SYSTEMS), lost=lost)
    return Governing(config=compose(text, "watcher.yaml").check(Config), rulebook=rulebook())


def written(shape: str, clean: str, watch: str, endpoints: str, *, lost: bool) -> str:
    """The configuration as a file would hold it."""
    os.environ["SIMULATED_TOKEN"] = TOKEN
    ann = "ann-spare" if lost else "ann-phone"
    text = SHAPES[shape].format(ann=ann, clean=clean, watch=watch, endpoints=endpoints)
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not (lost and line.startswith("  ann-phone:")))

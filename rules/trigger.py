"""The sixteen things that are a P0, in the words of the protocol."""

from __future__ import annotations

from collections.abc import Mapping

from rules.signal import Category

TRIGGERS: Mapping[Category, tuple[str, ...]] = {
    "authentication": (
        "users cannot sign in",
        "session verification fails globally",
        "password reset does not work",
    ),
    "data-loss": (
        "conversations deleted unintentionally",
        "messages not saving",
        "export losing data",
    ),
    "payments": (
        "charged but tier not upgraded",
        "duplicate charges",
        "webhook failures that make data inconsistent",
    ),
    "security": (
        "authentication bypass",
        "data exposure (PII leak)",
        "SQL injection confirmed",
        "XSS actively exploited",
    ),
    "outage": (
        "the API answers 500 to all requests",
        "database connection lost",
        "chat (the core function) completely down",
    ),
}

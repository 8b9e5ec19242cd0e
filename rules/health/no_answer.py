"""No answer at all: what the error of a connection says of the service, and what only of the way to it."""

from __future__ import annotations

import re

from rules.health.reading import Reading, line
from rules.signal import HealthState

ERROR_MAX = 500

_TABLE: tuple[tuple[str, HealthState, str], ...] = (
    (
        r"enotfound|getaddrinfo|eai_again|nxdomain|name or service not known|name resolution|resolve|name not found",
        "unknown",
        "name not found",
    ),
    (r"redirect", "unknown", "it redirects without end"),
    (r"certificate.{0,40}expired|expired.{0,40}certificate", "down", "bad certificate (expired)"),
    (r"self[- ]signed", "down", "bad certificate (self-signed)"),
    (
        r"altname|hostname mismatch|doesn't match|does not match|not valid for",
        "down",
        "bad certificate (wrong name)",
    ),
    (r"certificate|\bcert\b|cert_", "down", "bad certificate"),
    (r"\b(?:ssl|tls)\b|handshake", "down", "no TLS connection"),
    (r"refused", "down", "refused"),
    (r"time[sd]?[- ]?out|timeout|etimedout|deadline", "down", "timed out"),
    (r"reset|econnreset|epipe|broken pipe|aborted", "down", "reset"),
    (r"ehostunreach|no route|host is unreachable|host unreachable", "down", "no route to the host"),
    (r"enetunreach|network is unreachable|network is down", "unknown", "our network is unreachable"),
    (
        r"hang ?up|without (?:sending|answering)|disconnected|closed|end of file|\beof\b",
        "unknown",
        "closed without an answer",
    ),
    (
        r"parse error|malformed|expected http|protocol|invalid (?:http|response)|bad status",
        "unknown",
        "no HTTP on that port",
    ),
)
"""The first line that matches. A resolver's fault may be the prober's own; a name in a certificate never is."""

_PATTERNS = tuple((re.compile(pattern), state, words) for pattern, state, words in _TABLE)


def read(error: str) -> Reading:
    """A failure to connect or to be answered. A bad certificate counts as the failure of `tls`."""
    text = error[:ERROR_MAX].casefold()
    for pattern, state, words in _PATTERNS:
        if pattern.search(text):
            tls = ("tls",) if "certificate" in words or "TLS" in words else ()
            return Reading(state=state, failed_components=tls, because=(words,))
    return Reading(state="unknown", because=(f"no answer: {line(error)!r}",))

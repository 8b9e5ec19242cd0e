"""The one text that a rule searches: the signal's words, joined, capped, and made plain."""

from __future__ import annotations

import unicodedata

from rules.mask import clean, mask
from rules.signal import HealthSignal, IssueSignal, Signal
from rules.tally import tally

FIELD_MAX = 4_000
"""Characters read of one field; what an error says, it says at its beginning."""

TEXT_MAX = 12_000
"""Characters of the whole text: patterns are linear, and this is their bound."""

TRANSACTION = "transaction"
"""The tag that names the place, read where a source tells it."""

_PLAIN = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u00b4": "'", "`": "'", "\u201c": '"', "\u201d": '"'}
)


def raw(signal: Signal) -> str:
    """The fields that rules read, joined by newlines, each capped. What is no text raises: its source is at fault."""
    return "\n".join(field[:FIELD_MAX] for field in _fields(signal) if field != "")


def plain(text: str) -> str:
    """The text without disguises: compatibility forms folded, invisible characters gone, quotes straight, masked."""
    if text.isascii():  # there is nothing to fold
        return mask(clean(text, TEXT_MAX).replace("`", "'"))
    folded = unicodedata.normalize("NFKC", clean(text, TEXT_MAX))
    return mask(clean(folded, TEXT_MAX).translate(_PLAIN))


def searchable(text: str) -> str:
    """The plain text, and behind it what its numbers say: patterns search this."""
    return tally(plain(text))


def _fields(signal: Signal) -> tuple[str, ...]:
    if isinstance(signal, IssueSignal):
        place = (signal.tags or {}).get(TRANSACTION, "")
        value = () if signal.value and signal.value in signal.title else (signal.value,)
        return (signal.title, signal.error_type, *value, signal.message, signal.culprit, signal.url, place)
    if isinstance(signal, HealthSignal):
        return (signal.reason, signal.detail)
    return (signal.text,)

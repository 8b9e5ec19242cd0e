"""Masking: secrets, e-mail addresses and card numbers go, the words stay. Done at the source, before anything is stored.

Every pattern is RE2 (linear time), every text is capped. `mask(mask(text)) == mask(text)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import re2

MASK_MAX = 64_000
"""Characters that are kept of one text; a page shows some hundred, a rule reads the first thousands."""

PASSES_MAX = 4
"""What one pass takes away can lay bare what the next one sees; two are enough for nearly all texts."""

_WORD_MAX = 200
"""A cut text loses its last word where that is shorter: half a token would escape the patterns."""

_MEMORY_MAX = 8 << 20
"""Bytes for one pattern's automaton (RE2 goes on without one when they are spent)."""


def mask(text: str) -> str:
    """The text without secrets, e-mail addresses and card-like numbers, at most MASK_MAX characters long."""
    text = _cut(_encodable(text))
    for _ in range(PASSES_MAX):
        before = text
        matching = _SIEVE.Match(text)
        if not matching:
            break
        for pattern, replacement in _RULES[matching[0] :]:  # one replaced may lay bare what a later one sees
            text = pattern.sub(replacement, text)
        text = _cut(text)
        if text == before:
            break
    return text


def clean(text: str, limit: int) -> str:
    """The text without control, bidirectional and invisible characters, at most `limit` long.

    Newlines and tabs stay. A cut text ends in an ellipsis.
    """
    if len(text) <= limit and text.isascii() and text.replace("\n", "").isprintable():
        return text
    text = _INVISIBLE.sub("", _BREAK.sub("\n", _ESCAPE.sub("", _encodable(text[: 4 * limit + _WORD_MAX]))))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:  # lone surrogates, which JSON can carry
        return text.encode("utf-8", "replace").decode()
    return text


def _cut(text: str) -> str:
    if len(text) <= MASK_MAX:
        return text
    kept, space, word = text[:MASK_MAX].rpartition(" ")
    return kept if space and len(word) <= _WORD_MAX else text[:MASK_MAX]


def _compile(pattern: str) -> Any:
    return re2.compile(pattern, _options())


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY_MAX
    options.case_sensitive = True
    return options


def _sieve(patterns: Iterable[str]) -> Any:
    """Says in one search which patterns match; most texts hold nothing to mask."""
    options = _options()
    options.never_capture = True
    found = re2.Filter()
    for pattern in patterns:
        found.Add(pattern, options)
    found.Compile()
    return found


_ESCAPE = _compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_BREAK = _compile(r"\r\n?|[\x0b\x0c\x{2028}\x{2029}\x{0085}]")
_INVISIBLE = _compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x{9f}\p{Cf}\p{Co}\x{34f}\x{115f}\x{1160}\x{17b4}\x{17b5}"
    r"\x{180b}-\x{180f}\x{3164}\x{fe00}-\x{fe0f}\x{ffa0}\x{fff0}-\x{fff8}\x{e0100}-\x{e01ef}]+"
)

_NAME = (
    r"(?:pass(?:word|wd|phrase)|pwd|secret|token|(?:api|access|private|signing|encryption)[_-]?key"
    r"|authorization|session[_-]?id|signature|credential|dsn)s?(?:[_-]?(?:key|hash|value))?"
)
_JOINT = r"\\?[\"']?\s{0,3}[:=]>?\s{0,3}(?:(?:bearer|basic|digest|token|apikey|negotiate)\s+)?"
_VALUE = r"\"[^\"\n]*\"?|'[^'\n]*'?|\\\"[^\"\\\n]*(?:\\\")?|[^\s\"'\\,;&]+"
_KEY = (
    r"\b(?:(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{4,}|whsec_[A-Za-z0-9+/=]{4,}|gh[pousr]_[A-Za-z0-9]{16,}"
    r"|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{8,}|xapp-[\w-]{8,}|sk-[A-Za-z0-9_-]{16,}"
    r"|A(?:KI|SI)A[0-9A-Z]{12,}|AIza[\w-]{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|sntry[su]_[\w+/=-]{8,}"
    r"|npm_[A-Za-z0-9]{20,}|hf_[A-Za-z0-9]{20,}|shp(?:at|ss|ca)_[A-Za-z0-9]{16,}|dop_v1_[a-f0-9]{16,})"
)
_PEM = r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\z)"
_ONE_TIME = r"(?i)(/(?:reset|verify|confirm|invite|invitation|magic|unsubscribe|ack)[\w-]*/)[\w.~-]{16,}"

_SPEAKING = ("pass", "pwd", "secret")
"""Names behind which a single word at a line's end is a secret too ("password: swordfish")."""

_KEPT = frozenset(
    ["null", "none", "nil", "undefined", "true", "false", "nan", "missing", "expired", "invalid", "required"]
)
"""Values that say something about the secret and are none."""

_MASKS = ("[secret", "[token", "[email", "[card", "[number", "[private key")

_SHORT_NUMBER = 6
"""`max_tokens=4096` is a count."""

_LONG_WORD = 24
"""Longer than the words of an error message."""

_MIXED_WORD = 8
"""From here on capitals inside a word look like base64."""


def _secretive(value: str) -> bool:
    """Whether a bare word looks made by a machine: digits among letters, capitals inside, or very long."""
    if value.startswith(_MASKS):
        return False
    digits = any(letter.isdigit() for letter in value)
    capitals = value[1:] != value[1:].lower() and value != value.upper()
    return (
        (digits and not value.isdigit())
        or len(value) >= _LONG_WORD
        or (capitals and len(value) >= _MIXED_WORD)
    )


def _named(match: Any) -> str:
    name, joint, value = match.groups()
    bare = value.strip("\\\"'")
    number = bare.isdigit() and len(bare) <= _SHORT_NUMBER
    if not bare or number or bare.startswith(_MASKS) or bare.lower() in _KEPT:
        return str(match.group())
    quote = value[: len(value) - len(value.lstrip("\\\"'"))]
    prose = joint[-1:].isspace() and not quote
    if prose and not _secretive(bare) and not _ends_the_line(match, name):
        return str(match.group())
    return f"{name}{joint}{quote}[secret]{quote if value.endswith(quote) else ''}"


def _ends_the_line(match: Any, name: str) -> bool:
    following = match.string[match.end() : match.end() + 1]
    return name.lower().startswith(_SPEAKING) and following in ("", "\n", ",", ";")


def _bearing(match: Any) -> str:
    return f"{match.group(1)}[secret]" if _secretive(match.group(2)) else str(match.group())


def _password_in_address(match: Any) -> str:
    port = match.group(2).partition("/")[0]
    if port.isdigit() and len(port) <= _SHORT_NUMBER:  # https://host:8080/path?from=ann@...
        return str(match.group())
    return f"{match.group(1)}[secret]@"


def _card(match: Any) -> str:
    digits = [int(letter) for letter in match.group() if letter.isdecimal()][::-1]
    total = sum(digit if index % 2 == 0 else sum(divmod(2 * digit, 10)) for index, digit in enumerate(digits))
    return "[card]" if total % 10 == 0 else str(match.group())


_Replacement = str | Callable[[Any], str]
_WRITTEN: tuple[tuple[str, _Replacement], ...] = (
    (_PEM, "[private key]"),
    (r"\beyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){1,4}", "[token]"),
    (_KEY, "[secret]"),
    (r"(?i)(\bhooks\.slack\.com/services/|\bdiscord(?:app)?\.com/api/webhooks/)[\w/-]+", r"\1[secret]"),
    (r"(?i)(\b[a-z][a-z0-9+.-]{1,20}://)[^\s/?#\"'<>\[\]]+@", r"\1[secret]@"),
    (r"(?i)(\b[a-z][a-z0-9+.-]{1,20}://)[^\s/?#:@\[\]]*:([^\s@\"'<>\[\]]+)@", _password_in_address),
    (_ONE_TIME, r"\1[secret]"),
    (r"(?i)([?&](?:code|state|key|sig|auth|otp|ticket)=)[^\s&#\"'\[\]]{6,}", r"\1[secret]"),
    (r"(?i)(\bcookie[\"']?\s{0,3}[:=]\s{0,3}[\"']?)[^\s=;:\[]{1,100}=[^\n\"']*", r"\1[secret]"),
    (r"(?i)(\b(?:bearer|basic)\s+)([\w.~+/=:-]{6,})", _bearing),
    (rf"(?i)({_NAME})({_JOINT})({_VALUE})", _named),
    (r"(?i)[\pL\pN._%+'-]+@(?:[\pL\pN-]+\.)+\pL{2,}", "[email]"),
    (r"\b[3-6](?:[ -]?[0-9]){12,18}\b", _card),
    (r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b", "[number]"),
    (r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b", "[number]"),
)
_RULES: tuple[tuple[Any, _Replacement], ...] = tuple((_compile(text), said) for text, said in _WRITTEN)
_SIEVE = _sieve(text for text, _ in _WRITTEN)

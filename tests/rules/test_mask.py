"""Masking: the table of what goes and what stays, and what must hold for any text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.mask import _RULES, MASK_MAX, clean, mask

GOES = [
    ("Authorization: Bearer abc123def456", "abc123def456"),
    ("authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    ("token: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-def_g", "eyJzdWIi"),
    ("charge with sk_live_51Habcdef failed", "sk_live_51H"),
    ("webhook signed by whsec_abcdef012345", "abcdef012345"),
    ("postgres://app:s3cr3t/x@db.internal:5432/app", "s3cr3t"),
    ("redis://:hunter2@cache:6379", "hunter2"),
    ("https://3f2a9c@errors.example.com/4", "3f2a9c"),
    ("GET /login?password=hunter2&user=x", "hunter2"),
    ('{"password":"correct horse","user":"ann"}', "correct horse"),
    (r"{\"password\":\"correct horse\"}", "correct horse"),
    ("password: swordfish", "swordfish"),
    ("STRIPE_SECRET_KEY=abcdef", "abcdef"),
    ("api_key => 'abc'", "abc"),
    ("Cookie: session=abcd; theme=dark", "abcd"),
    ("AWS key AKIAIOSFODNN7EXAMPLE used", "AKIAIOSFODNN7EXAMPLE"),
    ("https://hooks.slack.com/services/T0/B0/xyzzy", "xyzzy"),
    ("POST /reset-password/abcdef0123456789abcdef", "abcdef0123456789"),
    ("GET /callback?code=4/0AX4XfWh&state=xyzzyx", "0AX4XfWh"),
    ("no such user ann.lee+x@example.co.uk", "ann.lee"),
    ("card 4242 4242 4242 4242 declined", "4242"),
    ("ssn 123-45-6789 in a log", "123-45-6789"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", "MIIEow"),
    ("-----BEGIN PRIVATE KEY-----\nMIIEow (cut here)", "MIIEow"),
]

STAYS = [
    "Bearer authentication failed",
    "UnauthorizedError: invalid token: jwt expired",
    "invalid password: must be 8 characters",
    "max_tokens=4096 tokens: 12000",
    "order 1700000000000 was charged twice",
    "at node_modules/.pnpm/next@14.1.0/dist/server.js:12",
    "signature verification failed. signature: expected v1",
    "token=undefined password=null secret: missing",
    "session cookie overwritten: user_id changed 1411 -> 87 without login",
    "https://shop.example:8080/path?page=2",
    'relation "users" does not exist',
]


@pytest.mark.parametrize(("text", "secret"), GOES)
def test_what_is_secret_goes(text: str, secret: str) -> None:
    """A secret, an address or a card number does not outlive masking."""
    assert secret not in mask(text)
    assert "[" in mask(text)


@pytest.mark.parametrize("text", STAYS)
def test_the_words_that_rules_need_stay(text: str) -> None:
    """Masking leaves prose about passwords and tokens as it is."""
    assert mask(text) == text


ANYTHING = st.text(max_size=300) | st.lists(
    st.sampled_from(
        [
            "password",
            "token=",
            ": ",
            "=",
            '"',
            "'",
            "\\",
            "@",
            "a.bc",
            "://",
            "eyJab.",
            "[secret]",
            "[",
            "Cookie: ",
            "4242424242424242",
            "Bearer ",
            "x1y2z3",
            "\n",
            " ",
            "&",
            "?code=",
            "sk_live_abcd",
            ":",
            "/reset/",
            ";",
        ]
    ),
    max_size=25,
).map("".join)


@given(ANYTHING)
def test_masking_twice_is_masking_once(text: str) -> None:
    """A masked text is masked; no text makes masking fail."""
    once = mask(text)
    assert mask(once) == once


@given(ANYTHING)
def test_a_text_that_is_left_alone_holds_nothing_to_mask(text: str) -> None:
    """The one search that spares clean texts the patterns overlooks nothing that a pattern would replace."""
    if mask(text) == text:
        assert [pattern.sub(said, text) for pattern, said in _RULES] == [text] * len(_RULES)


@given(st.text(alphabet=st.characters(), max_size=300), st.integers(1, 100))
def test_a_cleaned_text_holds_nothing_invisible_and_keeps_its_limit(text: str, limit: int) -> None:
    """No control, format, private or surrogate character passes, but newline and tab."""
    cleaned = clean(text, limit)
    assert len(cleaned) <= limit
    assert not [c for c in cleaned if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs") and c not in "\n\t"]
    assert clean(cleaned, limit) == cleaned


@pytest.mark.parametrize(
    "piece",
    ["a", "a@", "password=", 'password="', "1 ", "://x:", "eyJ", "\u200b", "-----BEGIN PRIVATE KEY-----"],
)
def test_a_huge_text_is_cut_not_chewed(piece: str) -> None:
    """One megabyte of the worst repetition stays within the cap (the test's time limit guards the time)."""
    text = piece * (1_000_000 // len(piece))
    assert len(mask(text)) <= MASK_MAX
    assert len(clean(text, 500)) <= 500


def test_a_lone_surrogate_is_no_error() -> None:
    """JSON can carry half a character; masking and cleaning replace it."""
    assert mask("password=hunter2\udcff") == "password=[secret]"
    assert clean("a\udcffb", 10) == "a?b"


def test_a_colour_code_leaves_no_litter() -> None:
    """A terminal's escape sequence goes whole; a carriage return becomes a newline."""
    assert clean("a\x1b[31mred\x1b[0m\u202e\u200b\x00\r\nb", 100) == "ared\nb"

"""Foreign text calls nobody, links nowhere, hides nothing, and is never lost."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.safe_text import MARKS_MAX, safe_line, safe_text

Z = "\u200b"

CALLS = ["@", "@everyone", "<", "<!channel>", "<@U1>", "](", "][", "||", "`", "```"]
ADDRESSES = [
    "http",
    "://",
    "https://",
    "www.",
    "hxxp://",
    "evil.example",
    "ours.example",
    "/x",
    "a",
    "Z",
    " ",
]
UNSEEN = [
    "\n",
    "\r\n",
    "\t",
    "\u202e",
    "\u200b",
    "\u2028",
    "\x1b[31m",
    "\u0301",
    "\ud800",
    "\u2026",
    "\U000e0041",
    "\x00",
]
HOSTILE = st.lists(st.sampled_from([*CALLS, *ADDRESSES, *UNSEEN]) | st.characters(), max_size=60).map("".join)


@pytest.mark.parametrize(
    ("foreign", "safe"),
    [
        ("@everyone look", f"@{Z}everyone look"),
        ("@here", f"@{Z}here"),
        ("<!channel> now", f"<{Z}!channel> now"),
        ("<!here|here>", f"<{Z}!here|here>"),
        ("<@U1> <#C2>", f"<{Z}@{Z}U1> <{Z}#C2>"),
        ("<@&99>", f"<{Z}@{Z}&99>"),
        ("[reset here](https://evil.example)", f"[reset here]{Z}(hxxps://evil.example)"),
        ("[a][b]", f"[a]{Z}[b]"),
        ("![x](http://evil.example/a.png)", f"![x]{Z}(hxxp://evil.example/a.png)"),
        ("<https://evil.example|Sentry>", f"<{Z}hxxps://evil.example|Sentry>"),
        ("<b>bold</b>", f"<{Z}b>bold<{Z}/b>"),
        ("```code``` and `one`", "'''code''' and 'one'"),
        ("||spoiler||", f"|{Z}|spoiler|{Z}|"),
        ("www.evil.example", f"www{Z}.evil.example"),
        ("HTTPS://evil.example", "hxxps://evil.example"),
        ("slack://open", f"slack:{Z}//open"),
        ("hthttp://tp://evil.example", f"hthttp:{Z}//tp:{Z}//evil.example"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\u200bb\ufeffc\u2066d", "abcd"),
        ("\x1b[2J\x07bell", "[2Jbell"),
        ("two\nlines\r\nand\u2028more", "two lines and more"),
        ("x < 5 and y >= 12 %", "x < 5 and y >= 12 %"),
        ("TypeError: a.b is undefined (app.py:12)", "TypeError: a.b is undefined (app.py:12)"),
        ("Z\u0301\u0301\u0301\u0301\u0301\u0301", "Z\u0301\u0301\u0301"),
    ],
)
def test_foreign_text_calls_nobody_and_links_nowhere(foreign: str, safe: str) -> None:
    """Mentions, markup, foreign addresses and unseen characters are made harmless, and the words stay readable."""
    assert safe_line(foreign, 200) == safe


@pytest.mark.parametrize(
    ("address", "stays"),
    [
        ("https://ours.example/incidents/INC-1", True),
        ("https://OURS.example", True),
        ("https://ours.example:8443/x", True),
        ("https://ours.example:9/x", False),
        ("https://ours.example@evil.example/", False),
        ("https://ours.example\\@evil.example/", False),
        ("https://ours.example.evil.example/", False),
        ("https://notours.example/", False),
        ("ftp://ours.example/", False),
    ],
)
def test_only_the_plain_address_of_a_named_host_stays_a_link(address: str, *, stays: bool) -> None:
    """A link survives where its host is one of ours, and no trick with user names or ports makes it so."""
    shown = safe_line(f"see {address}", 200, hosts=("ours.example", "ours.example:8443"))
    assert (f"see {address}" == shown) is stays
    assert stays or "https://" not in shown.lower()


def test_text_keeps_its_lines_and_a_line_is_one() -> None:
    """safe_text keeps the line ends and leaves out empty lines; safe_line makes one line of all."""
    assert safe_text("a  b\n\n\n  c\r\nd", 100) == "a b\nc\nd"
    assert safe_line("a  b\n\n\n  c\r\nd", 100) == "a b c d"


def test_a_long_text_ends_in_an_ellipsis() -> None:
    """What is too long is cut, shown to be cut, and never dropped."""
    assert safe_line("word " * 50, 12) == "word word w\u2026"
    assert safe_line("@" * 50, 10) == f"@{Z}" * 4 + "\u2026"
    assert safe_line("abc", 1) == "\u2026"


def test_a_hostile_megabyte_costs_little() -> None:
    """No text makes the work grow with the square of its length."""
    began = time.process_time()
    for text in ("a" * 1_000_000, "@" * 1_000_000, "http" * 250_000, "\u0301" * 1_000_000, "]" * 1_000_000):
        safe_line(text, 60_000)
    assert time.process_time() - began < 20  # the square of it would be hours


@given(text=HOSTILE, limit=st.integers(1, 80), ours=st.booleans())
def test_what_is_safe_stays_as_it_is(text: str, limit: int, *, ours: bool) -> None:
    """Both are idempotent, so that it does no harm to clean twice."""
    hosts = ("ours.example",) if ours else ()
    line, lines = safe_line(text, limit, hosts=hosts), safe_text(text, limit, hosts=hosts)
    assert safe_line(line, limit, hosts=hosts) == line
    assert safe_text(lines, limit, hosts=hosts) == lines


@given(HOSTILE, st.integers(1, 80))
def test_nothing_harmful_is_left(text: str, limit: int) -> None:
    """No mention, no masked link, no live address, nothing unseen; and never longer than asked."""
    line = safe_line(text, limit)
    assert len(line) <= limit
    assert not re.search(r"@[^\u200b\u2026]|<[^\s\u200b\u2026]|\]\(|\|\||`|(?i:https?|ftp)://", line)
    assert all(
        unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} for c in line.replace(Z, "")
    )
    assert not re.search(rf"[\u0300-\u036f]{{{MARKS_MAX + 1}}}", line)


@given(HOSTILE)
def test_text_is_never_dropped_whole(text: str) -> None:
    """Where there was a letter to see, there is something to see."""
    visible = any(unicodedata.category(c)[0] in "LN" for c in text if c not in "\u115f\u1160\u3164\uffa0")
    assert safe_line(text, 40) or not visible

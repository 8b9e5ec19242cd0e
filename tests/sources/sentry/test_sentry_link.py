"""Cursors out of Link headers, as Sentry and GlitchTip write them and as nobody should."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.sources.sentry.link import LINK_MAX, is_glitchtip, next_cursor

SENTRY = (
    '<https://elsewhere.example/?cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", '
    '<https://elsewhere.example/?cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"'
)
GLITCHTIP = (
    '{\'<http://gt.example/?limit=2>; rel="previous"; results="false", '
    '<http://gt.example/?cursor=cD0y&limit=2>; rel="next"; results="true"; cursor="cD0yMQ=="\'}'
)


@pytest.mark.parametrize(
    ("header", "cursor"),
    [
        (SENTRY, "0:100:0"),
        (GLITCHTIP, "cD0yMQ=="),
        (SENTRY.replace('results="true"', 'results="false"'), None),
        ('{\'<http://gt.example/>; rel="next"; results="false"\'}', None),
        ("", None),
        ("garbage <<<>>> rel=next", None),
        ('<x>; rel="next"; results="true"', ""),
        ('<x>; rel="next"; results="true"; cursor="0:1:0&project=9"', ""),
        ('<x>; rel="next"; results="true"; cursor="a\tb"', ""),
    ],
)
def test_a_cursor_is_taken_by_its_value(header: str, cursor: str | None) -> None:
    """The next page's cursor is read whatever wraps the header; a promised page without a plain cursor is said to be so."""
    assert next_cursor(header) == cursor


def test_only_glitchtip_wraps_the_header() -> None:
    """The wrapping alone tells a GlitchTip that did not introduce itself."""
    assert is_glitchtip(GLITCHTIP)
    assert not is_glitchtip(SENTRY)


@given(st.text(alphabet='<>;"= relnxtsucoru', max_size=200))
def test_no_header_raises(header: str) -> None:
    """Whatever a server writes there, reading it ends in a cursor, none, or an unusable one."""
    found = next_cursor(header)
    assert found is None or '"' not in found


def test_a_huge_header_costs_little() -> None:
    """What lies beyond the limit is not read."""
    assert next_cursor("<" * LINK_MAX + SENTRY) is None

"""Names of releases: one version is written in several ways. Pure."""

from __future__ import annotations


def short(version: str) -> str:
    """The version without its package: 2.41.1 of shop@2.41.1."""
    return version.rpartition("@")[2] or version


def same(one: str, other: str) -> bool:
    """Whether two spellings are of one version: shop@2.41.1, v2.41.1, 2.41.1; never billing@2.41.1 and shop@2.41.1."""
    packages = {name.rpartition("@")[0].strip().casefold() for name in (one, other)} - {""}
    return len(packages) <= 1 and _plain(one) == _plain(other)


def beside(one: str | None, other: str | None) -> bool:
    """Whether two systems are not the same, where both are named."""
    return one is not None and other is not None and one != other


def _plain(version: str) -> str:
    text = short(version).strip().casefold()
    return text[1:] if text[:1] == "v" and text[1:2].isdigit() else text

"""How much of a hostile answer is read, masked and kept."""

from __future__ import annotations

from rules.health.reading import LOOKED_AT_MAX, NAMES_MAX, lines


def test_ten_thousand_names_are_neither_masked_nor_kept() -> None:
    """Masking is the dear part: names beyond the bound are not looked at, and of the others the first are kept."""
    alike = [f"token=a1b2c3d4e5f{number}" for number in range(LOOKED_AT_MAX)]
    assert lines([*alike, "database"]) == ("token=[secret]",)
    assert lines([*alike[1:], "database"]) == ("token=[secret]", "database")
    assert lines(f"part-{number}" for number in range(10_000)) == tuple(
        f"part-{number}" for number in range(NAMES_MAX)
    )

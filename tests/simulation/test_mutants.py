"""The mistakes that are planted to see who notices: each can still be planted."""

from __future__ import annotations

import pytest

from bench.mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_each_mutant_has_its_one_place(mutant: Mutant) -> None:
    """Where the code was written anew, the mistake is planted where it would be made now."""
    assert (ROOT / mutant.file).read_text().count(mutant.right) == 1

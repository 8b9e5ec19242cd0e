"""`rules` and `notifiers` are also the names of unrelated packages: the imported ones must be ours."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["rules", "notifiers", "watcher"])
def test_the_imported_package_is_ours(name: str) -> None:
    """A foreign package of the same name must not take the place of ours."""
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert Path(module.__file__).resolve() == ROOT / name / "__init__.py"

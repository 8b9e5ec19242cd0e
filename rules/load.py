"""Loading the rulebook."""

from __future__ import annotations

NON_PRODUCTION = ("development", "dev", "local", "test", "ci", "staging", "preview")
"""Environments that page nobody, whatever fails in them."""

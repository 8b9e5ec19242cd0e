"""Rows of a decisions file: whose outage the evidence names, in the words that people write at night."""

from __future__ import annotations

import time

import pytest

from rules.decision_rows import facts_of

DOWN = (
    "AI provider incident, status page red",
    "cloud region down",
    "Stripe outage",
    "AWS S3 outage in us-east-1",
    "Cloudflare is down",
    "payment provider degraded",
    "email provider (SendGrid) outage",
    "status page of the vendor reports an incident",
    "third-party API unavailable",
    "upstream LLM unavailable",
    "Twilio incident since 02:50",
)
OURS = (
    "vendor library bug, no patch",
    "Stripe webhook secret rotated by hand",
    "S3 policy edit by hand",
    "provider class renamed in commit 3a3a",
    "google sign-in callback renamed",
    "region column dropped by a down-migration",
    "memory leak since 2.52.1, restart helps",
    "read-only upstream config merged",
)


def third_party(evidence: str, cause: str = "known") -> str | None:
    return facts_of({"facts": {"root_cause": cause, "root_cause_evidence": evidence}}).third_party


@pytest.mark.parametrize("evidence", DOWN)
def test_evidence_that_names_somebody_elses_outage_is_a_third_party(evidence: str) -> None:
    """A rollback would undo nothing of it; but only where the cause is known."""
    assert third_party(evidence)
    assert third_party(evidence, "suspected") is None


@pytest.mark.parametrize("evidence", OURS)
def test_a_vendors_name_alone_is_no_outage_of_theirs(evidence: str) -> None:
    """What we did with it, we can undo."""
    assert third_party(evidence) is None


def test_hostile_evidence_is_read_in_no_time() -> None:
    """A thousand words that nearly match."""
    began = time.perf_counter()
    third_party("provider a b c " * 500)
    assert time.perf_counter() - began < 0.5

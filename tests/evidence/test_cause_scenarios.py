"""Why it fails, played against a simulated Sentry that knows commits and health bodies that name what failed."""

from __future__ import annotations

import pytest

from tests.evidence.stage import Enquired, ago, held, issue, met, opened, played, release
from tests.theatre import RULES
from watcher.demo.tracker import Commit

GUILTY = Commit(id="4d2f1a9c0b7e", message="Rework charge()\n\nlong", at=ago(hours=1))
OTHER = Commit(id="99aa88bb77cc", message="Tidy up", at=ago(hours=3))


SUSPECTED = 'commit 4d2f1a9c0b7e "Rework charge()" by Jane, suspected via SCM integration'


def test_a_suspect_commit_of_the_release_that_all_errors_are_in_makes_the_cause_known() -> None:
    """The one way in which evidence alone knows it."""
    tracker = held(
        issue("7", *met(range(9), ago(minutes=5)), suspects=(GUILTY,)),
        releases=(release("2.41.0", ago(days=2)), release("2.41.1", ago(minutes=14), commits=(GUILTY,))),
    )
    known, evidence = opened(tracker).incident().known.cause
    assert known == "known"
    assert evidence == f"{SUSPECTED}; it is part of 2.41.1, the one release that the errors are in"


@pytest.mark.parametrize("why", ["not of this release", "also in another release", "also in none"])
def test_a_suspect_commit_alone_is_suspected(why: str) -> None:
    """It is not of that release, or the errors are not in that release alone."""
    elsewhere = {"also in another release": "shop@2.41.0", "also in none": None}
    events = met(range(9), ago(minutes=5))
    if why in elsewhere:
        events += met(range(20, 22), ago(minutes=4), release=elsewhere[why])
    commits = (OTHER,) if why == "not of this release" else (GUILTY,)
    tracker = held(
        issue("7", *events, suspects=(GUILTY,)),
        releases=(release("2.41.0", ago(days=2)), release("2.41.1", ago(minutes=14), commits=commits)),
    )
    assert opened(tracker).incident().known.cause == ("suspected", SUSPECTED)


def test_errors_first_seen_in_one_release_suspect_it() -> None:
    """Without commits, the release that all issues are new in."""
    tracker = held(
        issue("7", *met(range(9), ago(minutes=5))),
        issue("8", *met(range(9), ago(minutes=5))),
        releases=(release("2.41.1", ago(minutes=14)),),
    )
    assert opened(tracker, "7", "8").incident().known.cause == ("suspected", "first seen in 2.41.1")


def test_one_place_that_all_errors_come_from_is_suspected() -> None:
    """Several issues with one culprit, which no release tells apart."""
    tracker = held(
        issue("7", *met(range(9), ago(minutes=5), release=None), culprit="/api/pay"),
        issue("8", *met(range(9), ago(minutes=5), release=None), culprit="/api/pay"),
    )
    cause = opened(tracker, "7", "8").incident().known.cause
    assert cause == ("suspected", "all errors come from /api/pay")


def test_a_hostile_commit_is_masked_and_cut() -> None:
    """A commit message is anybody's text."""
    text = "token sk_live_51H8xAbCdEfGhIjKlMnOpQrSt \x1b[31m" + "x" * 5000
    evil = Commit(id="4d2f1a9c0b7e", message=text, at=ago(hours=1), author="mallory@evil.test")
    tracker = held(issue("7", *met(range(9), ago(minutes=5)), suspects=(evil,)))
    _, evidence = opened(tracker).incident().known.cause
    assert "sk_live_51H8" not in evidence
    assert "mallory@evil.test" not in evidence
    assert "\x1b" not in evidence
    assert len(evidence) < 400


EXTERNAL = "evidence: {external: [stripe, open ai]}\n"


@pytest.mark.parametrize(
    ("components", "found"),
    [
        (("Stripe API",), "stripe"),
        (("checks.open_ai.latency",), "open ai"),
        (("stripe", "database"), None),  # one of ours fails, too
        (("pinstripes",), None),
        ((), None),
    ],
)
def test_a_third_party_is_down_where_all_that_fails_is_external(
    components: tuple[str, ...], found: str | None
) -> None:
    """A component is somebody else's by its configured words, and only where none of ours fails with it."""

    async def main() -> None:
        stage = await Enquired(held(), rules=RULES, more=EXTERNAL).start()
        await stage.hear("down", failed_components=components)
        assert stage.incident().known.third_party == found
        await stage.crash()

    played(main)


def test_a_third_party_that_is_up_again_is_taken_back() -> None:
    """What fails now is ours."""

    async def main() -> None:
        stage = await Enquired(held(), rules=RULES, more=EXTERNAL).start()
        await stage.hear("down", failed_components=("stripe",))
        assert stage.incident().known.third_party == "stripe"
        await stage.hear("down", failed_components=("database",))
        await stage.pass_(seconds=61)
        assert stage.incident().known.third_party is None
        await stage.crash()

    played(main)

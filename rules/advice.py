"""The words of a recommendation: headline, reasons, blockers, questions. Plain text, each line short."""

from __future__ import annotations

from datetime import timedelta

from rules.asking import LEFT_OPEN, in_few_words
from rules.decision import Choice, RowName, timings
from rules.facts import ACTIVE_MIN, Facts
from rules.naming import release, short
from rules.question import Question

EVIDENCE_MAX = 200

UNDOES_NOTHING = "a rollback would undo nothing"
AFFECTED, ONE_SYSTEM = "are affected", "one system fails"
"""Words by which a page knows a reason that it says elsewhere."""

SYSTEMS_MAX = 5
"""So many failing systems are named, the rest are counted."""


def headline(facts: Facts, choice: Choice, row: RowName | None, missing: tuple[Question, ...]) -> str:
    """The action in one line."""
    if choice == "rollback":
        return _roll_back(facts)
    if row == "nothing-to-undo":
        first = f"fix forward ({_fix_time(facts)})" if choice == "hotfix" else _first(facts, missing)
        return f"{nothing_to_undo(facts)}: rollback will not help. First: {first}"
    if choice == "hotfix":
        return _hotfix(facts, row)
    blocked = row in {"cannot-run-old-code", "previous-release-gone"}
    stop = next((few for few, _ in _blocking(facts)), "") if blocked else ""
    if stop:
        return f"DO NOT ROLL BACK YET: {stop}. First: {in_few_words(facts, missing)}"
    return f"UNDECIDED. First: {missing[0] if missing else LEFT_OPEN}"


def _roll_back(facts: Facts) -> str:
    deploy = facts.last_deploy
    if deploy is None:  # the table never asks for it: without a deploy there is nothing to undo
        return "ROLL BACK to the previous release"
    gone_out = (
        "" if deploy.before_onset is None else f" ({release(facts)} went out {_ago(deploy.before_onset)})"
    )
    to = short(deploy.previous) if deploy.previous else f"the release before {release(facts)}"
    return f"ROLL BACK to {to}{gone_out}"


def _hotfix(facts: Facts, row: RowName | None) -> str:
    if row == "previous-release-gone":
        return f"HOTFIX: the release before {release(facts)} is gone, fix forward ({_fix_time(facts)})"
    return f"HOTFIX: the cause is known and the fix is quick ({_fix_time(facts)})"


def _first(facts: Facts, missing: tuple[Question, ...]) -> str:
    if not facts.cause_known or facts.third_party:
        return mitigations(facts)[0]
    return missing[0].text if missing else mitigations(facts)[0]


def nothing_to_undo(facts: Facts) -> str:
    """Why a rollback would undo nothing."""
    if facts.third_party:
        return f"{short(facts.third_party)} is down"
    if facts.last_deploy is None or timings(facts) != ("none",):
        return "Nothing deployed in 24 h"
    before = facts.last_deploy.before_onset
    if facts.trouble_began_before_deploy or (before is not None and before < timedelta(0)):
        return f"The trouble began before {release(facts)} went out"
    return "Nothing deployed in 24 h"


def mitigations(facts: Facts) -> tuple[str, ...]:
    """What helps although nothing is undone; the likeliest first."""
    if facts.third_party:
        return (
            "fail over to another provider",
            "degrade by switching the feature off",
            "restart what hangs on it",
        )
    return (
        "restart what fails",
        "switch the feature flag off",
        "scale out",
        "fail over",
        "degrade by serving without the broken part",
    )


def blockers(facts: Facts) -> tuple[str, ...]:
    """Known reasons why the old release cannot take over, the hardest first."""
    return tuple(f"{stop}{more}" for stop, more in _blocking(facts))


def _blocking(facts: Facts) -> list[tuple[str, str]]:
    """Each in few words, and what it means."""
    named = release(facts)
    found = (
        (facts.data_written_in_new_form, f"data is already in the form of {named}", ""),
        (
            facts.migration,
            f"{named} holds a migration",
            ": the old code may not run on the new schema",
        ),
        (facts.previous_release_available is False, f"the release before {named} is gone", ""),
    )
    return [(stop, more) for known, stop, more in found if known]


def because(facts: Facts, row: RowName | None) -> tuple[str, ...]:
    """The evidence, one sentence each; what settles the row comes first."""
    reasons = [f"{nothing_to_undo(facts)}: {UNDOES_NOTHING}"] if row == "nothing-to-undo" else []
    reasons += [*_cause(facts), *_share(facts), *_scope(facts), *_fix(facts)]
    if row != "nothing-to-undo":
        reasons += _deploy(facts)
    return tuple(reasons)


def _cause(facts: Facts) -> list[str]:
    evidence = f": {short(facts.cause_evidence, EVIDENCE_MAX)}" if facts.cause_evidence.strip() else ""
    return [f"the cause is {'only suspected' if facts.cause == 'suspected' else facts.cause}{evidence}"]


def _share(facts: Facts) -> list[str]:
    share = facts.share
    if not share.usable:
        return [f"the count of affected {short(share.measure)} cannot be true, so the share is unknown"]
    if share.low <= 0 and share.high >= 1:
        return [f"the share of affected {short(share.measure)} is unknown"]
    words = f"{_percent(facts)} of the active {short(share.measure)} {AFFECTED}"
    if share.tiny:
        words += f"; of fewer than {ACTIVE_MIN} the share says nothing"
    return [words]


def _percent(facts: Facts) -> str:
    low, high = (_hundredths(value) for value in (facts.share.low, facts.share.high))
    if facts.share.lower_bound:
        return f">= {low} %"
    return f"{low} %" if low == high else f"{low} to {high} %"


def _hundredths(share: float) -> str:
    """Four figures, so that 50.01 % is not taken for a half; two of what is below one per cent."""
    value = min(share, 1.0) * 100
    return f"{value:.4g}" if value >= 1 else f"{value:.2g}"


def _scope(facts: Facts) -> list[str]:
    names = facts.distinct_systems
    said = {True: ["a person says that it is isolated"], False: ["a person says that it is not isolated"]}
    stated = said[facts.isolated] if facts.isolated is not None else []
    if not names:
        return stated or ["which systems fail is unknown"]
    shown = ", ".join(short(name) for name in names[:SYSTEMS_MAX])
    more = f" and {len(names) - SYSTEMS_MAX} more" if len(names) > SYSTEMS_MAX else ""
    counted = ONE_SYSTEM if len(names) == 1 else f"{len(names)} systems fail"
    return [f"{counted}: {shown}{more}", *stated]


def _fix(facts: Facts) -> list[str]:
    if facts.quick is None:
        return ["how long a fix takes is unknown"] if facts.cause_known else []
    return [f"the fix is estimated at {facts.fix_minutes} min"]


def _deploy(facts: Facts) -> list[str]:
    deploy = facts.last_deploy
    if deploy is None:
        return ["whether anything was deployed is unknown"] if facts.deploy == "unknown" else []
    if deploy.before_onset is None:
        return [f"{release(facts)} is the last deploy"]
    return [f"{release(facts)} went out {_ago(deploy.before_onset)} the trouble"]


def against(facts: Facts, choice: Choice, row: RowName | None) -> tuple[str, ...]:
    """What speaks against the choice, said beside it."""
    old = timings(facts) == ("old",)
    found = (
        (
            choice == "rollback" and facts.cause_known and facts.quick,
            "the cause is known and the fix is quick",
        ),
        (choice == "rollback" and old, f"{release(facts)} is more than two hours older than the trouble"),
        (
            choice == "hotfix" and facts.share.over_half and not facts.share.tiny,
            "more than a half of the users wait",
        ),
        (choice == "hotfix" and facts.several_systems, "several systems fail"),
        (
            choice == "hotfix" and row == "hotfix-fits" and timings(facts) == ("recent",),
            "a rollback may be faster",
        ),
    )
    return tuple(words for true, words in found if true)


def _fix_time(facts: Facts) -> str:
    return "time unknown" if facts.quick is None else f"about {facts.fix_minutes} min"


def _ago(before: timedelta) -> str:
    late = before < timedelta(0)
    seconds = abs(before) // timedelta(seconds=1)
    minutes = seconds // 60
    words = f"{seconds} s" if minutes < 1 else f"{minutes} min" if minutes < 2 * 60 else f"{minutes // 60} h"
    return f"{words} {'after' if late else 'before'}"

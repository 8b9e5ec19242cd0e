"""What the API answers, shape by shape, as the document tells it. Tests hold real answers to them, field by field."""

from __future__ import annotations

from collections.abc import Mapping

from rules.signal import CATEGORIES
from watcher.incident.checklist import ITEMS
from watcher.incident.responding import PATHS
from watcher.serve.fields import Schema, words
from watcher.serve.schema import (
    AT,
    AT_OR_NULL,
    BOOL,
    BOOL_OR_NULL,
    INT,
    INT_OR_NULL,
    NUM,
    NUM_OR_NULL,
    STR,
    STR_OR_NULL,
    many,
    named,
    or_null,
    ref,
    shape,
    with_more,
)

CATEGORY = words(*CATEGORIES)
PHASES = words(*dict.fromkeys(item.phase for item in ITEMS))


RECEIPTS = named(
    shape(
        contact=STR_OR_NULL,
        state=words("pending", "trying", "unknown", "accepted", "failed", "withdrawn"),
        attempts=INT,
        retry_at=AT_OR_NULL,
    )
)
PAGES = many(shape(page=INT, kind=STR, purpose=STR, title=STR, requested_at=AT, receipts=RECEIPTS))
CHECKPOINT = shape(checkpoint=STR, asks=STR, due_at=AT_OR_NULL, standing=STR, late_seconds=NUM)
RECOMMENDATION = shape(
    choice=STR,
    letter=STR,
    headline=STR,
    because=many(STR),
    against=many(STR),
    missing=many(STR),
    blockers=many(STR),
    mitigations=many(STR),
    at=AT,
)
DECIDED = shape(choice=words(*PATHS), recommended=STR_OR_NULL, followed=BOOL_OR_NULL, by=STR, text=STR, at=AT)
PROPOSED = shape(proposed=STR)
PROVING = shape(
    failing=many(STR), settles_at=AT, clean_since=AT_OR_NULL, enough_at=AT_OR_NULL, clean_proves=BOOL
)
DEPLOYED = shape(
    version=STR_OR_NULL,
    path=STR,
    by=STR,
    deployed_at=AT,
    verification=words("passed", "failed", "ended", "quiet", "not seen", "under way"),
    proving=or_null(PROVING),
    because=many(STR),
    verified_at=AT_OR_NULL,
    verified_by=STR_OR_NULL,
    in_use=STR_OR_NULL,
    behind=STR_OR_NULL,
    proposed=STR_OR_NULL,
)
UPDATES = shape(
    held_back=BOOL, sent=many(shape(message=STR, at=AT, taken=BOOL)), next_at=AT_OR_NULL, issue=STR
)
CHANGE = shape(
    version=STR,
    previous=STR_OR_NULL,
    system=STR_OR_NULL,
    deployed_at=AT,
    migration=BOOL_OR_NULL,
    told_by=STR,
)
SIGNAL = shape(
    source=STR,
    key=STR,
    title=STR,
    category=CATEGORY,
    rule=STR,
    system=STR_OR_NULL,
    component=STR_OR_NULL,
    seen_at=AT,
    users=INT_OR_NULL,
    events=INT_OR_NULL,
    window_seconds=NUM_OR_NULL,
    release=STR_OR_NULL,
    failing=BOOL,
    clean_since=AT_OR_NULL,
)
INCIDENT = shape(
    id=STR,
    title=STR,
    category=CATEGORY,
    categories=many(CATEGORY),
    status=STR,
    drill=BOOL,
    environment=STR,
    systems=many(STR),
    service=STR,
    rule=STR,
    because=many(STR),
    started_at=AT_OR_NULL,
    detected_at=AT,
    opened_at=AT,
    acknowledged_by=STR_OR_NULL,
    acknowledged_at=AT_OR_NULL,
    acknowledged_until=AT_OR_NULL,
    mitigated_at=AT_OR_NULL,
    closed_at=AT_OR_NULL,
    outcome=STR_OR_NULL,
    reopenings=INT,
    recommendation=or_null(RECOMMENDATION),
    decided=or_null(DECIDED),
    judged=or_null(shape(right=BOOL, by=STR, at=AT)),
    target_at=AT,
    path=STR_OR_NULL,
    next_checkpoint=or_null(CHECKPOINT),
    checkpoints=many(CHECKPOINT),
    checklist=many(
        shape(item=STR, phase=PHASES, text=STR, done=BOOL, by=STR_OR_NULL, can_tick=BOOL),
    ),
    deployment={"anyOf": [DEPLOYED, PROPOSED, {"type": "null"}]},
    updates=UPDATES,
    changes=many(CHANGE),
    signals=many(SIGNAL),
    pages=PAGES,
    pages_pending=INT,
    next_action_at=AT_OR_NULL,
)
SUSPICION = shape(
    id=STR,
    title=STR,
    category=CATEGORY,
    status=STR,
    environment=STR,
    systems=many(STR),
    rule=STR,
    because=many(STR),
    detected_at=AT,
    acknowledged_by=STR_OR_NULL,
    acknowledged_until=AT_OR_NULL,
    pages=PAGES,
    pages_pending=INT,
)
LISTED = shape(
    id=STR,
    title=STR,
    category=CATEGORY,
    status=STR,
    drill=BOOL,
    environment=STR,
    detected_at=AT,
    acknowledged_at=AT_OR_NULL,
    mitigated_at=AT_OR_NULL,
    closed_at=AT_OR_NULL,
    outcome=STR_OR_NULL,
    recommendation=STR_OR_NULL,
)
SIGN = shape(
    source=STR,
    key=STR,
    title=STR,
    category=CATEGORY,
    rule=STR,
    because=many(STR),
    system=STR_OR_NULL,
    component=STR_OR_NULL,
    started_at=AT_OR_NULL,
    seen_at=AT,
    users=INT_OR_NULL,
    events=INT_OR_NULL,
    window=STR_OR_NULL,
    release=STR_OR_NULL,
    url=STR,
    last_at=AT_OR_NULL,
)
TRACE = shape(
    rule=STR,
    category=CATEGORY,
    mode=STR,
    outcome=words("fires", "too few", "near miss"),
    because=STR,
    clauses=many(shape(holds=BOOL_OR_NULL, clause=STR)),
)
TEST_PAGE = shape(
    id=STR,
    to=STR,
    requested_at=AT,
    receipts=RECEIPTS,
    acknowledged_by=STR_OR_NULL,
    acknowledged_at=AT_OR_NULL,
)
DUTY = shape(person=STR_OR_NULL, via=STR, from_=AT, until=AT_OR_NULL)
ON_CALL = shape(
    at=AT,
    person=STR_OR_NULL,
    via=STR,
    until=AT_OR_NULL,
    next=STR_OR_NULL,
    backup=STR_OR_NULL,
    zone=STR,
)
OVERRIDE = shape(override=INT, person=STR, from_=AT, until=AT, span=STR, by=STR, because=STR)
SILENCE = shape(silence=INT, match=named(STR), until=AT, by=STR, because=STR)
SOURCE = shape(
    name=STR,
    state=words("seeing", "blind", "waiting"),
    health=STR_OR_NULL,
    every_seconds=NUM,
    looked_at=AT_OR_NULL,
    blind_since=AT_OR_NULL,
    reason=STR,
    detail=STR,
)
ADVICE = shape(followed=INT, not_followed=INT, unadvised=INT, right=INT, wrong=INT)
STATUS = shape(
    ok=BOOL,
    turning=BOOL,
    broken=many(STR),
    version=STR,
    turned_at=AT_OR_NULL,
    blind=many(STR),
    service=STR,
    contacts=many(STR),
    started_at=AT_OR_NULL,
    complaints=many(STR),
    sources=many(SOURCE),
    incidents=many(ref("Incident")),
    suspicions=many(ref("Suspicion")),
    silences=many(ref("Silence")),
    on_call=ref("OnCall"),
    overrides=many(ref("Override")),
    pages_pending=INT,
    advice=or_null(ADVICE),
)
HEARD = shape(outcome=words("incident", "suspicion", "joined", "none"), id=STR_OR_NULL, because=STR)
HOLDER = STR | {"description": "Who has it already; then nobody was paged."}
SAID = many(STR)
COMMANDS = many(shape(title=STR, text=STR))

SHAPES: Mapping[str, Schema] = {
    "Acted": with_more("Incident", "Suspicion", needed=("said",), said=SAID, commands=COMMANDS, incident=STR),
    "Answered": with_more(
        "Incident", "Suspicion", "TestPage", needed=("said",), said=SAID, commands=COMMANDS
    ),
    "Document": shape(id=STR, document=STR, markdown=STR),
    "Drilled": shape(id=STR_OR_NULL, because=STR),
    "Duties": with_more(
        "OnCall",
        needed=("ahead", "overrides"),
        ahead=many(DUTY),
        overrides=many(ref("Override")),
    ),
    "Explained": shape(signal=words("issue", "health", "report"), rules=many(TRACE)),
    "Heard": {**HEARD, "properties": {**HEARD["properties"], "acknowledged_by": HOLDER}},
    "Incident": INCIDENT,
    "Incidents": shape(
        incidents=many({"anyOf": [ref("Incident"), ref("Listed")]}), suspicions=many(ref("Suspicion"))
    ),
    "Listed": LISTED,
    "Nudged": shape(outcome=words("looking", "known", "enough")),
    "OnCall": ON_CALL,
    "Overridden": shape(
        said=SAID, on_call=ref("OnCall"), overrides=many(ref("Override")), warnings=many(STR)
    ),
    "Override": OVERRIDE,
    "Overrides": shape(on_call=ref("OnCall"), overrides=many(ref("Override"))),
    "Raised": shape(id=STR, rulebook=STR_OR_NULL, signs=many(SIGN)),
    "Reloaded": shape(ok=BOOL, generation=INT),
    "Said": shape(said=SAID),
    "Shown": with_more(
        "Incident",
        "Suspicion",
        needed=("timeline",),
        timeline=many(shape(at=AT, event=STR, text=STR)),
        commands=COMMANDS,
    ),
    "Silence": SILENCE,
    "Silenced": shape(said=SAID, silences=many(ref("Silence"))),
    "Silences": shape(silences=many(ref("Silence"))),
    "Status": STATUS,
    "Suspicion": SUSPICION,
    "TakenBack": shape(said=SAID, on_call=ref("OnCall"), overrides=many(ref("Override"))),
    "TestPage": TEST_PAGE,
}

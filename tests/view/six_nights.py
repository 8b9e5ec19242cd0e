"""The first page of six nights, as a phone shows it. To read them: python -m tests.view.six_nights"""

from __future__ import annotations

from datetime import timedelta

from notifiers.render import Rendered, render
from tests.support import T0, Dialogue, change
from tests.theatre import CONFIG, governing
from watcher.incident import command as ask
from watcher.incident import outbox as box
from watcher.incident.event import ChangeSeen
from watcher.incident.findings import ImpactMeasured
from watcher.posting import Job, page, typing

PLACE = "{namespace: prod, image: registry.example/shop/web}"
GOVERNING = governing(f"{CONFIG}evidence: {{commands: kubernetes, deployments: {{web: {PLACE}}}}}\n")
SHARE = ask.Measure(
    impact=ImpactMeasured(at=T0, measure="users by release health", affected=900, active=9000)
)
FIX = ask.State(by="ann", facts={"root-cause": "typo in the callback address", "fix-minutes": 15})


NIGHTS: dict[str, tuple[tuple[ChangeSeen, ...], tuple[object, ...]]] = {
    "a release nine minutes before": ((change(),), (SHARE,)),
    "the cause is known and quick to fix": ((change(),), (SHARE, FIX)),
    "whether anything was deployed is unknown": ((), ()),
    "a third party is down": ((change(),), (ask.FindThirdParty(name="stripe", told_by="health:api"),)),
    "the release holds a migration": ((change(migration=True),), (SHARE,)),
    "nothing was deployed": ((change(before=timedelta(hours=30)),), (SHARE,)),
}
"""What was deployed, and what was learned after the first page."""


def shown(name: str) -> Rendered:
    """The newest page three minutes later: a repetition, or that the recommendation turned."""
    changes, learned = NIGHTS[name]
    talk = Dialogue(changes=changes).accepts()
    for command in learned:
        talk.hears(command)
    talk.at("3:00")
    due = max(box.due(talk.state.outbox, talk.now), key=lambda one: one.page)
    at = due.request.at
    return render(page(Job("incident/7", due), GOVERNING.config, lambda *_: "", typing, at, at, talk.state))


if __name__ == "__main__":
    for night in NIGHTS:
        sent = shown(night)
        print(f"--- {night}\n{sent.title}\n{sent.body}\n")

"""What `watcher check` says of evidence: who would be counted, what would be known of deploys, what would be typed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from rules.duration import words
from rules.facts import DEPLOY_WINDOW
from watcher.config import Config
from watcher.evidence import active, tables
from watcher.evidence.changes import read_releases
from watcher.evidence.matter import PRODUCTION
from watcher.evidence.questions import Place, Questions
from watcher.evidence.span import around
from watcher.finding import Finding
from watcher.settings.sentry import SentrySettings
from watcher.sources.sentry import table
from watcher.sources.sentry.client import SentryClient
from watcher.sources.sentry.failure import Failure
from watcher.sources.sentry.text import word
from watcher.view.runbook import CannotFill, trial
from watcher.world import World

NAMED_MAX = 5
"""Values of a tag that one finding names."""
NAME_MAX = 60


def of_config(config: Config) -> Iterator[Finding]:
    """What the configuration alone tells."""
    yield from _window(config)
    yield from _external(config)
    yield from _commands(config)


def _window(config: Config) -> Iterator[Finding]:
    window = config.evidence.deploy_window
    if window < DEPLOY_WINDOW:
        mend = f"the decision looks back {words(DEPLOY_WINDOW)}; what it is not told of it takes for not deployed"
        yield Finding("warning", f"evidence.deploy_window: {words(window)} is short: {mend}")


def _external(config: Config) -> Iterator[Finding]:
    named = config.evidence.external
    if not named:
        return
    own = {e.name for e in config.health.endpoints} | {e.system for e in config.health.endpoints if e.system}
    own |= {project.system for sentry in config.sentry for project in sentry.projects if project.system}
    ours = [name for name in named if name.casefold() in {one.casefold() for one in own}]
    if ours:
        words_ = f"{', '.join(ours)} is a system or endpoint of yours; a third party is somebody else's"
        yield Finding("warning", f"evidence.external: {words_}")
    if not config.health.endpoints:
        mend = "they are recognised in health bodies that name what failed; add an endpoint that does"
        yield Finding("warning", f"evidence.external: nothing can name {', '.join(named)} as failing: {mend}")
    elif not ours:
        yield Finding("ok", f"evidence.external: {', '.join(named)}, where a health body names it as failing")


def _commands(config: Config) -> Iterator[Finding]:
    """The first command of each system, as a page would say it. What cannot be filled was a fault before this."""
    evidence = config.evidence
    if evidence.commands is None and evidence.deployments:
        mend = "set evidence.commands to compose, kubernetes, github-actions or a folder"
        yield Finding("warning", f"evidence.deployments: no page will say what to type; {mend}")
    if evidence.commands is None:
        return
    for system in evidence.book.deployments:
        try:
            first = trial(evidence.book, system, "rollback")[0]
        except CannotFill as fault:
            yield Finding("fault", f"evidence.commands: {system}: {fault}")
        else:
            line = first.text.partition("\n")[0]
            yield Finding("ok", f"evidence.commands: a rollback of {system} to 1.2.3 begins: {line}")


async def check(config: Config, world: World) -> tuple[Finding, ...]:
    """What the outside tells. It never raises for what it answers."""
    answers = await asyncio.gather(
        _active_users(config, world), *(_server(config, settings, world) for settings in config.sentry)
    )
    return tuple(finding for answer in answers for finding in answer)


async def _active_users(config: Config, world: World) -> list[Finding]:
    settings = config.evidence.active_users
    if settings is None:
        return []
    try:
        counted = await active.ask(settings, world)
    except active.NotTold as failure:
        mend = "shares of these users stay unknown; mend the address, the path or the query"
        text = f"evidence.active_users: no number: {failure}; {mend}"
        return [Finding("warning" if failure.passing else "fault", text)]
    return [Finding("ok", f"evidence.active_users: {counted.users}, by {counted.told_by}")]


async def _server(config: Config, settings: SentrySettings, world: World) -> list[Finding]:
    async with SentryClient(settings, world) as client:
        ask = Questions(client, settings)
        try:
            if await ask.glitchtip():
                return [_glitchtip(settings)]
            place = await ask.place((settings.environments or (PRODUCTION,))[0])
        except Failure:
            return []  # the check of the source says that nobody answers
        answers = await asyncio.gather(
            _events(config, settings, ask, place, world),
            _health(config, settings, ask, place, world),
            _releases(settings, ask, place),
        )
    return [finding for answer in answers for finding in answer]


def _glitchtip(settings: SentrySettings) -> Finding:
    return _warning(
        settings, "GlitchTip counts no users; who is affected is told by critical health endpoints alone"
    )


async def _events(
    config: Config, settings: SentrySettings, ask: Questions, place: Place, world: World
) -> list[Finding]:
    """Who met errors can be counted; and whether they name users, and the tag of a plan."""
    span, tag = around(world.clock.now()), config.evidence.tier_tag
    try:
        met = tables.met_of(await ask.all(span, place))
        values = await ask.all_by(tag, place) if tag else None
    except Failure as failure:
        because = f"the table of events is closed ({failure.detail})"
        return [_warning(settings, f"{because}: users over several issues, and shares, stay unknown")]
    found = [_met(settings, met)]
    if tag is not None:
        found.append(_tag(settings, tag, values))
    return found


def _met(settings: SentrySettings, met: tables.Met | None) -> Finding:
    if met is None:
        return _warning(settings, "the table of events holds no counts: users stay unknown")
    if met.events and met.users is None:
        mend = "call the SDK's set_user, or shares are of sessions, requests or probes"
        return _warning(settings, f"{met.events} errors of the last hours name no user; {mend}")
    return _ok(settings, f"errors of the last hours: {met.events}, met by {met.users or 0} users")


def _tag(settings: SentrySettings, tag: str, body: object) -> Finding:
    names = [name for row in table.rows_of(body) if (name := word(row.get(tag), NAME_MAX))]
    if not names:
        return _ok(settings, f"note: no error of the last day bears the tag {tag} of evidence.tier_tag")
    return _ok(settings, f"the tag {tag} tells {', '.join(names[:NAMED_MAX])}")


async def _health(
    config: Config, settings: SentrySettings, ask: Questions, place: Place, world: World
) -> list[Finding]:
    """What the number of users that met errors is compared with."""
    span = around(world.clock.now())
    try:
        users = tables.health_of(await ask.users(span, place), None, span).users
    except Failure as failure:
        users, why = None, f"release health cannot be read ({failure.detail})"
    else:
        why = "release health names no users"
    if users:
        return [_ok(settings, f"release health: {users} users in the last hours")]
    if config.evidence.active_users is not None:
        return [_ok(settings, f"{why}; evidence.active_users stands in")]
    return [_warning(settings, f"{why}: of how many stays unknown; name them under evidence.active_users")]


async def _releases(settings: SentrySettings, ask: Questions, place: Place) -> list[Finding]:
    try:
        rows = await ask.releases(place)
    except Failure as failure:
        return [_warning(settings, f"releases cannot be read ({failure.detail}): tell of deploys by the API")]
    releases = read_releases(rows if isinstance(rows, list) else [], place.environment)
    if not releases:
        mend = "without deploys no rollback is recommended; tell of them by POST /api/v1/deploys"
        return [_warning(settings, f"it knows no release: {mend}")]
    deployed = sum(1 for release in releases if release.deployed_at is not None)
    how = (
        f"{deployed} with their deploys"
        if deployed
        else "none with a deploy, so they count from their creation"
    )
    return [
        _ok(
            settings, f"releases: {len(releases)}, {how}; the newest is {word(releases[0].version, NAME_MAX)}"
        )
    ]


def _ok(settings: SentrySettings, text: str) -> Finding:
    return Finding("ok", f"evidence of sentry:{settings.name}: {text}")


def _warning(settings: SentrySettings, text: str) -> Finding:
    return Finding("warning", f"evidence of sentry:{settings.name}: {text}")

"""What `watcher check` says of one Sentry: whether the token is taken, which projects and environments it shows."""

from __future__ import annotations

from urllib.parse import urlsplit

from watcher.finding import Finding
from watcher.settings.sentry import SentrySettings
from watcher.sources.sentry.client import SentryClient
from watcher.sources.sentry.dialects import SETTINGS_PATH, says_glitchtip
from watcher.sources.sentry.failure import Failure
from watcher.sources.sentry.survey import Survey, survey
from watcher.sources.sentry.text import word
from watcher.world import World

NAMED_MAX = 20
"""Projects and environments named in one finding."""


async def check(settings: SentrySettings, world: World) -> tuple[Finding, ...]:
    """Ask the server; never raises for what it answers."""
    findings = list(_in_clear(settings))
    async with SentryClient(settings, world) as client:
        try:
            findings += await _ask(client, settings, world)
        except Failure as failure:
            findings.append(_fault(settings, f"{failure.reason}: {failure.detail}"))
    return tuple(findings)


async def _ask(client: SentryClient, settings: SentrySettings, world: World) -> list[Finding]:
    glitchtip = await _is_glitchtip(client)
    kind = "GlitchTip (counts by differences, no users)" if glitchtip else "Sentry"
    await client.read(
        f"/api/0/organizations/{settings.organization}/issues/", [("limit", "1"), ("statsPeriod", "1h")]
    )
    seen = await survey(client, settings, world.clock.now(), environments=True)
    return [
        _ok(settings, f"{settings.url} is a {kind}; the token may read issues of {settings.organization}"),
        *_projects(settings, seen),
        _environments(settings, seen),
    ]


async def _is_glitchtip(client: SentryClient) -> bool:
    try:
        return says_glitchtip((await client.read(SETTINGS_PATH, token=False)).value)
    except Failure as failure:
        if failure.reason in ("unreachable", "timeout"):
            raise
        return False


def _projects(settings: SentrySettings, seen: Survey) -> list[Finding]:
    if seen.projects is None:
        text = "the token cannot list projects (scope org:read): lost access would go unnoticed"
        return [_warning(settings, text)]
    named = ", ".join(f"{key} ({slug})" for key, slug in list(seen.projects.items())[:NAMED_MAX]) or "none"
    missing = seen.missing(settings)
    if missing:
        return [_fault(settings, f"the token does not see project {', '.join(missing)}; it sees {named}")]
    return [_ok(settings, f"projects visible: {named}")]


def _environments(settings: SentrySettings, seen: Survey) -> Finding:
    names = [word(name, 100) or "(none)" for name in seen.environments]
    named = ", ".join(names[:NAMED_MAX]) or "none told"
    unknown = [name for name in settings.environments if seen.environments and name not in seen.environments]
    if unknown:
        return _fault(settings, f"environment {', '.join(unknown)} does not exist there; there are: {named}")
    if len(names) > 1 and not seen.apart(settings):
        text = f"many environments ({named}) and none chosen: name those that matter under environments"
        return _warning(settings, text)
    return _ok(settings, f"environments seen: {named}")


def _in_clear(settings: SentrySettings) -> list[Finding]:
    parts = urlsplit(settings.url)
    if parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1"):
        return []
    return [_warning(settings, "the token travels unencrypted: use https")]


def _ok(settings: SentrySettings, text: str) -> Finding:
    return Finding("ok", f"sentry:{settings.name}: {text}")


def _warning(settings: SentrySettings, text: str) -> Finding:
    return Finding("warning", f"sentry:{settings.name}: {text}")


def _fault(settings: SentrySettings, text: str) -> Finding:
    return Finding("fault", f"sentry:{settings.name}: {text}")

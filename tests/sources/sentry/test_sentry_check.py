"""What the check of one Sentry says, and what its settings refuse."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from pydantic import SecretStr, ValidationError

from tests.sources.sentry.stage import (
    SHOP,
    TOKEN,
    always,
    issue,
    packed,
    server,
    settings,
    state,
    still,
    world,
)
from watcher.demo.glitchtip import glitchtip_app
from watcher.demo.sentry import sentry_app
from watcher.demo.tracker import Project
from watcher.sources.sentry.check import check
from watcher.world import World

URL = "https://sentry.example"
OTHER = Project(id="3", slug="billing", name="Billing")


def at(make: Any = sentry_app, token: str = TOKEN, **changes: Any) -> World:
    app = make(state(issue(), **changes), token=token, clock=still())
    return world(lambda: httpx2.ASGITransport(app=app), still())


async def said(live: World, **changes: Any) -> list[tuple[str, str]]:
    return [(row.level, row.text) for row in await check(settings(URL, **changes), live)]


async def test_all_well_names_what_is_seen() -> None:
    """Who answers, whether the token is taken, which projects and environments it shows."""
    assert await said(at(projects=(SHOP, OTHER))) == [
        ("ok", "sentry:shop: https://sentry.example is a Sentry; the token may read issues of acme"),
        ("ok", "sentry:shop: projects visible: 2 (shop), 3 (billing)"),
        ("ok", "sentry:shop: environments seen: production"),
    ]


async def test_glitchtip_is_named_with_what_it_cannot_do() -> None:
    """Who uses GlitchTip should know that users are not counted there."""
    assert "GlitchTip (counts by differences, no users)" in (await said(at(glitchtip_app)))[0][1]


async def test_a_project_out_of_sight_is_a_fault_with_its_mend() -> None:
    """The projects that are visible stand beside the one that is not."""
    found = await said(at(projects=(OTHER,)))
    assert ("fault", "sentry:shop: the token does not see project 2; it sees 3 (billing)") in found


async def test_an_environment_that_does_not_exist_is_a_fault() -> None:
    """Sentry answers 404 for a name it does not know: a typing error would blind us."""
    found = await said(at(), environments=("produktion",))
    assert found[-1] == (
        "fault",
        "sentry:shop: environment produktion does not exist there; there are: production",
    )


async def test_many_environments_without_a_choice_are_a_warning() -> None:
    """Where they are too many to be walked apart, staging would count as production."""
    found = await said(at(environments=("production", "staging", "qa", "demo", "preview")))
    assert found[-1][0] == "warning"


async def test_a_refused_token_is_a_fault() -> None:
    """One finding with the server's reason, and nothing raised."""
    (found,) = await said(at(token="another"))
    assert found == ("fault", "sentry:shop: auth: the token is refused (401: Invalid token)")


async def test_an_address_where_nothing_listens_is_a_fault() -> None:
    """The check says so instead of failing."""
    async with server(always(packed(200, []))) as url:
        pass
    (found,) = await check(settings(url), world(clock=still()))
    assert (found.level, found.text) == ("fault", "sentry:shop: unreachable: no connection")


async def test_a_token_in_clear_is_a_warning() -> None:
    """Beyond this machine a token wants https."""
    app = sentry_app(state(), token=TOKEN, clock=still())
    live = world(lambda: httpx2.ASGITransport(app=app), still())
    found = await check(settings("http://sentry.example"), live)
    assert (found[0].level, found[0].text) == (
        "warning",
        "sentry:shop: the token travels unencrypted: use https",
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "sentry.io"},
        {"url": "https://user:pw@sentry.io"},
        {"url": "https://sentry.io/?token=x"},
        {"organization": "acme/../other"},
        {"token": SecretStr("two words")},
        {"token": SecretStr("line\nbreak")},
        {"token": SecretStr("")},
        {"token": "sntryi_plain_text"},
        {"every": "100ms"},
        {"every": 30},
        {"timeout": "1h"},
        {"projects": [{"id": "shop"}]},
        {"projects": [{"id": 2, "sytem": "web"}]},
        {"name": "a name"},
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any]) -> None:
    """Before anything starts, and without the value in the message where it could be a secret."""
    with pytest.raises(ValidationError) as caught:
        settings(**changes)
    assert "sntryi_plain_text" not in str(caught.value)
    assert "two words" not in str(caught.value)


def test_an_address_may_end_as_people_write_it() -> None:
    """A trailing slash or the API's own path is no fault."""
    assert settings("https://sentry.shop.example/prefix/").url == "https://sentry.shop.example/prefix"
    assert settings("https://sentry.shop.example/api/0/").url == "https://sentry.shop.example"

"""Which commands are printed, and for whom: the choice, the words that are safe, the templates of a team, the page."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.render import render
from rules.fault import Faults
from tests.support import T0, Dialogue, change
from tests.theatre import CONFIG, governing
from tests.view.night import book, night, typed
from watcher.incident import command as ask
from watcher.incident import outbox as box
from watcher.loading import read_config
from watcher.posting import Job, page
from watcher.settings.runbook import problems, read
from watcher.view.runbook import ACTIONS, LOSES_DATA, NAMES, Book, CannotFill, commands, release, trial


def actions(talk: Dialogue, of: Book | None = None) -> str:
    found = typed(talk, of or book())
    return found[0].title if found else ""


def test_a_decision_counts_before_the_recommendation() -> None:
    """Commands are for what is being done: a person who chose otherwise is not handed the other procedure."""
    assert night().state.recommended.choice == "rollback"
    assert actions(night()) == "Roll back to 2.41.0"
    assert actions(night("hotfix")) == "Branch from the running release"
    assert actions(night("other")) == ""


def test_nothing_exact_is_no_commands() -> None:
    """Undecided, nothing deployed, no release before, the release before gone, another system, no book, closed: none."""
    gone = night().hears(ask.Decide(by="ann", choice="rollback"))
    gone.hears(ask.State(by="ann", facts={"previous-release": False}))
    unknown = Dialogue()
    for talk in (unknown, night(previous=None), night(previous="2.41.1"), gone, night(migration=True)):
        assert typed(talk, book()) == ()
    two = Book(templates=book().templates, deployments={"web": {}, "billing": {}})
    assert typed(night(), two) == typed(night(), Book()) == ()
    assert typed(night(system="mail"), book()) == ()
    assert typed(night().hears(ask.Resolve(by="ann")), book()) == ()


def test_the_commands_are_those_of_the_system_that_was_deployed() -> None:
    """Where a source names it; each system has its own place."""
    places = {"web": {"namespace": "a"}, "billing": {"namespace": "b"}}
    found = typed(night(system="billing"), read("kubernetes", places))
    assert found[0].text == "kubectl -n b rollout undo deployment/billing"


def test_names_are_the_same_whenever_they_are_asked_for() -> None:
    """They hold the date of the opening, not of the question: two people at midnight make one branch."""
    talk = night("hotfix")
    later = commands(talk.state, book(), T0 + timedelta(days=3))
    assert later == typed(talk, book())
    assert "hotfix/2.41.1-20261125" in later[0].text


HOSTILE = (
    "2.41.0; rm -rf /",
    "$(id)",
    "`id`",
    "-rf",
    "--force",
    "2.41.0\nid",
    "2.41.0 ",
    "a..b",
    "../x",
    "x/../y",
    "{{ 7 * 7 }}",
    "2.41'0",
    "a&&b",
    "a|b",
    "2.41.0.lock",
    "2.41.",
    "\u0662.41",
    "x" * 101,
    "",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_version_that_is_no_plain_word_gives_no_commands(text: str) -> None:
    """Versions come from outside and are put into a shell at 3 a.m.; they are refused, not repaired."""
    assert release(text) is None
    assert typed(night(previous=text), book()) == ()
    assert typed(night("hotfix", version=text), book()) == ()


@given(st.text(max_size=30))
def test_no_text_from_outside_reaches_a_shell_but_as_one_word(text: str) -> None:
    """Whatever a source calls a version: letters, digits, dots, underscores and hyphens, or nothing."""
    found = typed(night(previous=text), book())
    version = release(text)
    assert bool(found) == (version is not None and version != "2.41.1")
    if version is not None:
        assert set(version) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


@pytest.mark.parametrize("text", ["shop@2.41.0", "2.41.0", "v2.41.0", "a1b2c3d", "2026-11-25_3"])
def test_what_teams_call_their_versions_is_plain(text: str) -> None:
    """A package before the version is left out: no tag has it."""
    assert release(text) == text.rpartition("@")[2]


def test_a_version_that_bears_its_prefix_or_is_a_commit_is_its_own_tag() -> None:
    """v2.41.1 is not tagged vv2.41.1, and a commit is no tag."""
    prefixed = typed(night("hotfix", version="v2.41.1"), book())[0].text
    commit = typed(night("hotfix", version="a1b2c3d"), book())[0].text
    bare = typed(night("hotfix"), book(tag="release-"))[0].text
    assert [text.split()[-1] for text in (prefixed, commit, bare)] == ["v2.41.1", "a1b2c3d", "release-2.41.1"]


def templates(folder: Path, rollback: str, hotfix: str = "# Fix\nmake fix\n") -> Book:
    folder.mkdir(exist_ok=True)
    for action, text in zip(ACTIONS, (rollback, hotfix), strict=True):
        (folder / f"{action}.j2").write_text(text)
    return read(str(folder), {"web": {"host": "web-1.shop.example"}})


def test_a_team_may_bring_templates_of_its_own(tmp_path: Path) -> None:
    """With names of its own, and with what ships for git."""
    own = templates(
        tmp_path / "own", '# Go back\nssh {{ host }} deploy {{ previous }}\n{% include "git/rollback" %}\n'
    )
    found = typed(night(), own)
    assert (found[0].title, found[0].text) == ("Go back", "ssh web-1.shop.example deploy 2.41.0")
    assert found[-2].title.startswith("In git, afterwards")


@pytest.mark.parametrize(
    "text",
    [
        "# Go\n{{ nothing }}\n",
        "# Go\n{{ 1 / 0 }}\n",
        "# Go\n{{ ''.__class__.__mro__ }}\n",
        "# Go\n{% for x in range(10) %}{% endfor %}\n",
        "# Go\n{% include '/etc/passwd' %}\n",
        "# Go\n{% broken\n",
        "make\n",
        "# Go\n",
        "",
        "# Go\nprisma db push --accept-data-loss\n",
        "# Go\ndocker compose down -v\n",
        "# Go\n" + "x" * 9000,
    ],
)
def test_a_template_that_cannot_be_used_gives_no_commands_and_is_a_fault_of_the_configuration(
    text: str, tmp_path: Path
) -> None:
    """It is found before the night; in the night a page goes out without it."""
    own = templates(tmp_path / "own", text)
    assert typed(night(), own) == ()
    with pytest.raises(CannotFill):
        trial(own, "web", "rollback")
    evidence = _evidence(f"{{commands: {tmp_path / 'own'}, deployments: {{web: {{host: web-1}}}}}}")
    assert [place for place, _ in problems(evidence)] == [("evidence", "deployments", "web")]


def _evidence(text: str) -> Any:
    return governing(f"{CONFIG}evidence: {text}\n").config.evidence


@pytest.mark.parametrize("kind", ["compose", "kubernetes", "github-actions"])
def test_nothing_that_ships_accepts_the_loss_of_data(kind: str) -> None:
    """Neither the commands nor what their templates hold besides."""
    assert not any(LOSES_DATA.search(text) for text in book(kind).templates.values())
    assert not any(LOSES_DATA.search(step.text) for a in ACTIONS for step in trial(book(kind), "web", a))


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("{commands: compose}", ("evidence", "commands"), "name each system under evidence.deployments"),
        ("{commands: nowhere, deployments: {web: {}}}", ("evidence", "commands"), "cannot be read"),
        ("{commands: kubernetes, deployments: {web: {}}}", ("evidence", "deployments", "web"), "'namespace'"),
        (
            "{commands: compose, deployments: {web: {imge: a}}}",
            ("evidence", "deployments", "web"),
            "no template asks for imge",
        ),
    ],
)
def test_what_would_leave_the_night_without_commands_is_said_beforehand(
    text: str, place: tuple[str, ...], words: str
) -> None:
    """`watcher check` tries every template with invented versions."""
    (found,) = problems(_evidence(text))
    assert found[0] == place
    assert words in found[1]


@pytest.mark.parametrize("value", ["a b", "$(id)", "'x'", "a;b", "-n", "", "x/../y", "a\nb"])
def test_a_value_of_a_deployment_is_one_plain_word(value: str) -> None:
    """Else the configuration is refused."""
    with pytest.raises(Faults):
        governing(f"{CONFIG}evidence: {{commands: compose, deployments: {{web: {{image: {value!r}}}}}}}\n")


def test_a_folder_is_found_beside_the_configuration_and_the_shipped_by_name(tmp_path: Path) -> None:
    """As the folders of rules are; so a service that starts elsewhere reads the same."""
    templates(tmp_path / "runbooks", "# Go back\nmake {{ previous }}\n")
    path = tmp_path / "watcher.yaml"
    local = CONFIG.replace(', public_url: "https://watcher.shop.example"', "")
    path.write_text(f"{local}evidence: {{commands: runbooks, deployments: {{web: {{}}}}}}\n")
    assert read_config(path).evidence.book.templates["rollback"].startswith("# Go back")
    path.write_text(f"{local}evidence: {{commands: compose, deployments: {{web: {{}}}}}}\n")
    assert "docker compose" in read_config(path).evidence.book.templates["rollback"]


def paged(talk: Dialogue, evidence: str) -> str:
    """The first page as a phone shows it."""
    config = governing(f"{CONFIG}evidence: {evidence}\n").config
    due = box.due(talk.state.outbox, T0)[0]
    sent = page(Job("incident/7", due), config, lambda *_: "", lambda *_: "", T0, T0, talk.state)
    return render(sent).body


KUBERNETES = "{commands: kubernetes, deployments: {web: {namespace: prod, image: registry.example/shop/web}}}"


def test_a_page_says_what_to_type_below_the_action_and_who_is_affected() -> None:
    """The first line is the action, the third the command, whole and unbroken: it can be copied from the phone."""
    lines = paged(Dialogue(changes=(change(),)), KUBERNETES).splitlines()
    assert lines[0].startswith("ROLL BACK to 2.41.0")
    assert lines[1].startswith("Who: ")
    assert lines[2] == ("Type: kubectl -n prod set image deployment/web web=registry.example/shop/web:2.41.0")
    assert lines[3].startswith("Where: ")


def test_a_command_that_a_message_would_cut_or_break_is_not_in_it(tmp_path: Path) -> None:
    """A part of a command is another command: the page says where the whole of it is."""
    for text in (
        f"echo {'x' * 300}",
        "ssh ann@web-1 || true",
        "curl https://deploy.shop.example/",
        "one\ntwo",
    ):
        templates(tmp_path / "own", f"# Go back\n{text}\n")
        body = paged(
            Dialogue(changes=(change(),)), f"{{commands: {tmp_path / 'own'}, deployments: {{web: {{}}}}}}"
        )
        assert body.splitlines()[2] == "The commands: watcher show INC-7"


def test_a_page_without_an_action_has_no_command() -> None:
    """Undecided, or no templates: the page is as it was."""
    undecided = paged(Dialogue(), KUBERNETES)
    assert "Type: " not in undecided
    assert "The commands" not in undecided
    assert "Type: " not in paged(Dialogue(changes=(change(),)), "{}")


def test_a_page_of_a_former_action_carries_no_command_of_the_present_one() -> None:
    """What turned since then has a page of its own; one page never names one action and types another."""
    talk = Dialogue(changes=(change(),)).hears(ask.Decide(by="ann", choice="hotfix"))
    body = paged(talk, KUBERNETES)
    assert body.startswith("ROLL BACK")
    assert "Type: " not in body


def test_the_guide_s_configuration_and_template_work(tmp_path: Path) -> None:
    """What the guide shows is what runs."""
    guide = (Path(__file__).parents[2] / "docs" / "commands.md").read_text()
    shown = guide.split("```yaml\n")[1].split("```")[0]
    assert list(problems(governing(CONFIG + shown).config.evidence)) == []
    own = templates(tmp_path / "own", guide.split("```jinja\n")[1].split("```")[0])
    assert typed(night(), own)[0].text == "ssh web-1.shop.example deploy web 2.41.0"
    assert set(re.findall(r"`(\w+)`", guide)) >= NAMES

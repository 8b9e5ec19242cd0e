"""Every shipped template, run: against a scratch repository with real git, and clients that refuse what they do not have."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.view.night import PLACES, Machine, book, night, typed
from watcher.settings.runbook import SHIPPED
from watcher.view.runbook import Command


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def steps(action: str, kind: str, **more: str) -> list[Command]:
    return list(typed(night(action), book(kind, **more)))


def without_git(found: list[Command]) -> str:
    return "\n".join(step.text for step in found if "git" not in step.text.split("gh ")[0])


def history(machine: Machine) -> None:
    """Two releases; between them a plain commit, a merge with work on both sides, an empty commit and a deletion."""
    machine.run(
        """
        git init -q --bare ../origin.git && git init -q -b main && git remote add origin ../origin.git
        echo one > a; echo keep > b; git add . && git commit -qm first && git tag v2.41.0
        echo two > a; git commit -qam second
        git switch -qc feature && echo new > c && git add c && git commit -qm feature
        git switch -q main && echo three > a && git commit -qam third
        git merge -q --no-ff -m merge feature
        git commit -q --allow-empty -m release
        git rm -q b && git commit -qm deletion && git tag v2.41.1
        echo later > d && git add d && git commit -qm later
        git push -q origin main --tags
        """
    )


def test_the_rollback_in_git_ends_with_the_files_of_the_release_before(machine: Machine) -> None:
    """Plain, merge and empty commits are reverted, in one commit on the running release, and pushed."""
    history(machine)
    *_, back, _ = steps("rollback", "compose")
    machine.run(back.text)
    branch = "rollback/2.41.1-20261125"
    assert machine.run(f"git rev-parse {branch}^{{tree}}") == machine.run("git rev-parse v2.41.0^{tree}")
    assert machine.run(f"git rev-list --count v2.41.1..{branch}") == "1"
    assert machine.run(f"git ls-remote --heads origin {branch}").endswith(branch)
    assert machine.run("git status --porcelain") == ""


def test_the_undoing_of_the_undoing_brings_every_change_back(machine: Machine) -> None:
    """A merge that was reverted does not come back by merging it again; the revert of the revert brings it."""
    history(machine)
    *_, back, again = steps("rollback", "compose")
    machine.run(back.text + "\n" + again.text)
    assert machine.run("git rev-parse HEAD^{tree}") == machine.run("git rev-parse v2.41.1^{tree}")


def test_where_the_releases_do_not_follow_each_other_nothing_is_committed(machine: Machine) -> None:
    """A revert that does not end in the files of the release before is not pushed as if it did."""
    history(machine)
    machine.run(
        "git switch -qc side v2.41.0 && echo side > a && git commit -qam side && git tag -f v2.41.0 && git push -qf origin v2.41.0"
    )
    *_, back, _ = steps("rollback", "compose")
    assert machine.tries(back.text).returncode != 0
    assert machine.run("git ls-remote --heads origin 'rollback/*'") == ""


@pytest.mark.parametrize("kind", SHIPPED)
def test_a_hotfix_begins_at_the_running_release_and_ends_as_a_tag(kind: str, machine: Machine) -> None:
    """Not at the head of main, which holds more than what runs; each step of the template is run, in order."""
    history(machine)
    (machine.folder / ".env").write_text("WEB_TAG=2.41.1\n")
    begin, *rest = steps("hotfix", kind)
    machine.run(begin.text)
    assert machine.run("git rev-parse HEAD") == machine.run("git rev-parse v2.41.1")
    machine.run("echo fixed > a && git commit -qam fix")
    machine.run("\n".join(step.text for step in rest))
    branch, tag = "hotfix/2.41.1-20261125", "hotfix-v2.41.1-20261125"
    assert machine.run(f"git rev-parse {branch}") == machine.run(f"git rev-parse {tag}^{{commit}}")
    assert machine.run(f"git ls-remote --heads origin {branch}").endswith(branch)
    assert tag in machine.run(f"git ls-remote --tags origin {tag}")


def test_compose_starts_the_image_before_and_keeps_it(machine: Machine) -> None:
    """One service with the tag of before, nothing built and nothing else touched; .env says the same; then the way back."""
    (machine.folder / ".env").write_text("SECRET=x\nWEB_TAG=2.41.1\n")
    first, keep, verify, undo, *_ = steps("rollback", "compose")
    machine.run("\n".join(step.text for step in (first, keep, verify)))
    assert machine.asked == [
        ["docker", "compose", "up", "-d", "--no-deps", "--no-build", "web", "WEB_TAG=2.41.0"],
        ["docker", "compose", "ps", "web"],
        ["docker", "compose", "images", "web"],
    ]
    assert (machine.folder / ".env").read_text() == "SECRET=x\nWEB_TAG=2.41.0\n"
    machine.run(undo.text)
    assert machine.asked[-1][-2:] == ["web", "WEB_TAG=2.41.1"]
    assert (machine.folder / ".env").read_text() == "SECRET=x\nWEB_TAG=2.41.1\n"


def test_compose_says_so_where_env_does_not_hold_the_tag(machine: Machine) -> None:
    """A rollback that the next start would undo does not look done."""
    (machine.folder / ".env").write_text("OTHER=1\n")
    assert machine.tries(steps("rollback", "compose")[1].text).returncode != 0


def test_kubernetes_sets_the_image_before_and_waits(machine: Machine) -> None:
    """The exact previous image in the namespace and context that are configured, then the rollout, then the way back."""
    machine.run(without_git(steps("rollback", "kubernetes", context="prod-eu", container="app")))
    place, image = ["kubectl", "--context", "prod-eu", "-n", "prod"], "app=registry.example/shop/web"
    wait = [*place, "rollout", "status", "deployment/web", "--timeout=5m"]
    assert machine.asked == [
        [*place, "set", "image", "deployment/web", f"{image}:2.41.0"],
        wait,
        [*place, "get", "deployment", "web", "-o", "wide"],
        [*place, "set", "image", "deployment/web", f"{image}:2.41.1"],
        wait,
    ]


def test_kubernetes_undoes_the_rollout_where_no_image_is_configured(machine: Machine) -> None:
    """The revision before is the next best; the step says that it must be looked at."""
    from watcher.settings.runbook import read

    found = list(typed(night(), read("kubernetes", {"web": {"namespace": "prod"}})))
    assert "see that it is 2.41.0" in found[0].title
    machine.run(found[0].text)
    assert machine.asked == [["kubectl", "-n", "prod", "rollout", "undo", "deployment/web"]]


def test_actions_runs_the_deployment_before_again(machine: Machine) -> None:
    """The last successful run of the tag before, by its number, watched to its end; then the way back."""
    machine.run(without_git(steps("rollback", "github-actions")))
    place = ["--repo", "acme/shop"]
    listed = ["gh", "run", "list", *place, "--workflow", "deploy.yml", "--branch"]
    ends = ["--status", "success", "--limit", "1", "--json", "databaseId", "--jq", ".[0].databaseId // empty"]
    assert machine.asked == [
        [*listed, "v2.41.0", *ends],
        ["gh", "run", "rerun", "77", *place],
        ["gh", "run", "watch", "77", *place, "--exit-status"],
        [*listed, "v2.41.1", *ends],
        ["gh", "run", "rerun", "77", *place],
    ]


def test_actions_finds_the_run_by_commit_where_a_source_told_it(machine: Machine) -> None:
    """A commit is surer than a tag, which may not exist."""
    found = list(typed(night(commit="b" * 40), book("github-actions")))
    machine.run(found[0].text)
    machine.run(found[2].text)
    assert machine.asked[0][7:9] == ["--branch", "v2.41.0"]
    assert machine.asked[2][7:9] == ["--commit", "b" * 40]


def test_actions_reruns_nothing_where_there_was_no_run(machine: Machine) -> None:
    """Without a number `gh` would ask which run is meant, and somebody might choose in haste."""
    failed = machine.tries(steps("rollback", "github-actions")[0].text, RUN="")
    assert (failed.returncode != 0, "no successful run of v2.41.0" in failed.stderr) == (True, True)
    assert [call[1:3] for call in machine.asked] == [["run", "list"]]


HOTFIX = "hotfix-v2.41.1-20261125"
UP = ["docker", "compose", "up", "-d", "--no-deps", "--no-build", "web"]
POD = ["kubectl", "-n", "prod"]
SET = [*POD, "set", "image", "deployment/web", "web=registry.example/shop/web"]
WAIT = [*POD, "rollout", "status", "deployment/web", "--timeout=5m"]
SHOP = ["--repo", "acme/shop"]
LISTED = ["--limit", "1", "--json", "databaseId", "--jq", ".[0].databaseId // empty"]
WATCHED = ["gh", "run", "watch", "77", *SHOP, "--exit-status"]


def run(ref: str) -> list[str]:
    return ["gh", "workflow", "run", "deploy.yml", *SHOP, "--ref", ref]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            "compose",
            [
                [*UP, f"WEB_TAG={HOTFIX}"],
                ["docker", "compose", "ps", "web"],
                ["docker", "compose", "images", "web"],
                [*UP, "WEB_TAG=2.41.1"],
            ],
        ),
        (
            "kubernetes",
            [
                [*SET[:-1], f"{SET[-1]}:{HOTFIX}"],
                WAIT,
                [*POD, "get", "deployment", "web", "-o", "wide"],
                [*SET[:-1], f"{SET[-1]}:2.41.1"],
                WAIT,
            ],
        ),
        (
            "github-actions",
            [
                run(HOTFIX),
                ["gh", "run", "list", *SHOP, "--workflow", "deploy.yml", "--branch", HOTFIX, *LISTED],
                WATCHED,
                run("v2.41.1"),
            ],
        ),
    ],
)
def test_a_hotfix_is_deployed_verified_and_can_be_undone(
    kind: str, expected: list[list[str]], machine: Machine
) -> None:
    """The image of its tag and nothing else, then a look, then the way back to what ran."""
    (machine.folder / ".env").write_text("WEB_TAG=2.41.1\n")
    machine.run(without_git(steps("hotfix", kind)[-3:]))
    assert machine.asked == expected
    if kind == "compose":
        assert (machine.folder / ".env").read_text() == "WEB_TAG=2.41.1\n"


def test_a_hotfix_asks_for_review_by_its_title(machine: Machine) -> None:
    """The pull request of the branch says what it is."""
    history(machine)
    begin, push, review, *_ = steps("hotfix", "github-actions")
    machine.run("\n".join(step.text for step in (begin, push, review)))
    (asked,) = machine.asked
    assert asked[:3] == ["gh", "pr", "create"]
    assert "[HOTFIX] INC-7 2.41.1" in asked


def test_the_fakes_refuse_what_the_real_clients_do_not_have(machine: Machine) -> None:
    """Else the tests above would prove nothing."""
    for nonsense in (
        "kubectl -n prod rollout undo deployment/web --image x",
        "kubectl revert deployment/web",
        "docker compose up --rollback web",
        "gh run rerun 77 --branch v1",
        "gh run list --limit",
    ):
        assert machine.tries(nonsense).returncode != 0, nonsense


@pytest.mark.parametrize("action", ["rollback", "hotfix"])
def test_the_real_kubectl_takes_every_flag(action: str, machine: Machine) -> None:
    """With --help it reads its flags and contacts nobody."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("there is no kubectl on this machine")
    lines = [line for step in steps(action, "kubernetes") for line in step.text.splitlines()]
    for line in (line for line in lines if line.startswith("kubectl ")):
        done = subprocess.run(f"{line} --help", shell=True, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", SHIPPED)
@pytest.mark.parametrize("action", ["rollback", "hotfix"])
def test_each_template_says_how_to_verify_and_how_to_undo(kind: str, action: str) -> None:
    """Nobody is left with half a procedure; every deployment in PLACES has all that its templates ask for."""
    titles = [step.title.split(",")[0].split(":")[0] for step in steps(action, kind)]
    assert {"Verify", "Undo it"} <= set(titles)
    assert set(PLACES) == set(SHIPPED)

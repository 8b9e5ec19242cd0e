"""The guide to telling of deploys, followed to the letter: real curl and git, the real daemon, clients that are fakes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.outside import Pager
from tests.theatre import CONFIG, governing
from tests.view.night import Machine
from tests.whole.stage import Watcher, endpoint, settings

GUIDE = (Path(__file__).parents[2] / "docs" / "deploys.md").read_text(encoding="utf-8")
PLAIN, COMPOSE, KUBERNETES, MIGRATION = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
SERVE, ACTIONS, GITLAB = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
ADDRESS = "https://watcher.shop.example"
TOKEN = "a-long-token-for-ci"
COMMIT = "3f2b9c1d8e77aa0c19ff550e8400e29b41d4a716"

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watcher]:
    folder = tmp_path_factory.mktemp("watcher")
    with Pager() as pager:
        watcher = Watcher(folder, {})
        secret = folder / "token"
        secret.write_text(TOKEN)
        serve = {"listen": f"127.0.0.1:{watcher.port}", "tokens": {"ci": {"file": str(secret)}}}
        shop = endpoint("web", "http://127.0.0.1:9/health", every="1h")
        watcher.write(settings(pager.address, serve=serve, health={"endpoints": [shop]}))
        with watcher:
            yield watcher


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def told(machine: Machine, daemon: Watcher, script: str, **more: str) -> str:
    """What the daemon says it was told, by the script's last request."""
    address = f"http://127.0.0.1:{daemon.port}"
    answer = machine.run(script.replace(ADDRESS, address), WATCHER_TOKEN=TOKEN, **more)
    (said,) = json.loads(answer.splitlines()[-1])["said"]
    return re.sub(r" at \d\d:\d\d UTC", "", said)


def test_the_plain_request_is_taken(machine: Machine, daemon: Watcher) -> None:
    """With every field that it shows; the token's name is who told."""
    assert told(machine, daemon, PLAIN) == "deploy of web: 2.41.1 after 2.41.0 (told by ci)"


def test_the_configuration_that_the_guide_shows_is_one() -> None:
    """The token has the name that the guide says."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CI_TOKEN", TOKEN)
        config = governing(CONFIG + SERVE).config
    assert list(config.serve.tokens) == ["ci"]


def test_every_field_of_the_api_is_in_the_guide(machine: Machine, daemon: Watcher) -> None:
    """And no other: the API names what it knows when it refuses one."""
    curl = (
        "curl -sS -H 'Authorization: Bearer '$TOKEN -H 'Content-Type: application/json' -d '{\"nothing\": 1}'"
    )
    refusal = machine.run(f"{curl} http://127.0.0.1:{daemon.port}/api/v1/deploys", TOKEN=TOKEN)
    known = re.search(r"known are ([\w, ]+)", refusal)
    assert known is not None, refusal
    assert set(known[1].split(", ")) == set(re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE))


def test_the_step_of_github_actions_tells_the_tag_and_the_commit(machine: Machine, daemon: Watcher) -> None:
    """Run as a runner runs it, with the variables that a push of a tag sets; its failing fails no deployment."""
    (step,) = yaml.safe_load(ACTIONS)
    assert step["continue-on-error"] is True
    assert step["env"] == {"WATCHER_TOKEN": "${{ secrets.WATCHER_TOKEN }}"}
    told_of = told(machine, daemon, step["run"], GITHUB_REF_NAME="v2.41.2", GITHUB_SHA=COMMIT)
    assert told_of == "deploy of web: 2.41.2 after 2.41.1 (told by ci)"


def test_the_job_of_gitlab_tells_the_tag_and_the_commit(machine: Machine, daemon: Watcher) -> None:
    """The same, with GitLab's variables, once the tag has run through all stages."""
    ((_, job),) = yaml.safe_load(GITLAB).items()
    assert (job["stage"], job["allow_failure"], job["rules"]) == (".post", True, [{"if": "$CI_COMMIT_TAG"}])
    (line,) = job["script"]
    told_of = told(machine, daemon, line, CI_COMMIT_TAG="v2.41.3", CI_COMMIT_SHA=COMMIT)
    assert told_of.startswith("deploy of web: 2.41.3 after 2.41.2")


def test_the_script_of_compose_deploys_and_tells_what_ran_before(machine: Machine, daemon: Watcher) -> None:
    """What .env said is the release before; .env says the new one afterwards."""
    (machine.folder / ".env").write_text("A=1\nTAG=2.41.3\n")
    assert told(machine, daemon, COMPOSE, VERSION="2.41.4").startswith("deploy of web: 2.41.4 after 2.41.3")
    assert (machine.folder / ".env").read_text() == "A=1\nTAG=2.41.4\n"
    assert [call[:7] for call in machine.asked] == [
        ["docker", "compose", "up", "-d", "--no-deps", "--wait", "web"]
    ]


def test_the_script_of_kubernetes_tells_once_the_rollout_has_ended(machine: Machine, daemon: Watcher) -> None:
    """The image, the wait, then the request."""
    assert told(machine, daemon, KUBERNETES, VERSION="2.41.5").startswith("deploy of web: 2.41.5 after")
    assert [call[3] for call in machine.asked] == ["set", "rollout"]


@pytest.mark.parametrize("script", [COMPOSE, KUBERNETES])
def test_no_deployment_fails_because_the_watcher_does_not_answer(script: str, machine: Machine) -> None:
    """A pager is no part of what it watches."""
    (machine.folder / ".env").write_text("TAG=2.41.3\n")
    unreachable = script.replace(ADDRESS, "http://127.0.0.1:9")
    assert machine.tries(unreachable, WATCHER_TOKEN="x", VERSION="2.41.4").returncode == 0


def test_whether_a_release_holds_a_migration_is_read_from_git(machine: Machine) -> None:
    """Only a change below the folder of migrations counts."""
    machine.run(
        "git init -q . && mkdir migrations && touch a migrations/1 && git add . && git commit -qm 1 && git tag v1"
        " && echo x > a && git commit -qam 2 && git tag v2"
        " && touch migrations/2 && git add . && git commit -qm 3 && git tag v3"
    )
    answers = [machine.run(MIGRATION, PREVIOUS=a, VERSION=b) for a, b in (("1", "2"), ("2", "3"))]
    assert answers == ["false", "true"]

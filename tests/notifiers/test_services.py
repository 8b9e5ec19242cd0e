"""Only the plugins that the configuration names are loaded, and whatever it names is found."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys, warnings
warnings.simplefilter("ignore")
from apprise.manager_plugins import NotificationManager
from notifiers.apprise import understandable, warm
warm(json.loads(sys.argv[1]))
first = len(NotificationManager())
print(json.dumps([first, [understandable(a) for a in json.loads(sys.argv[2])], len(NotificationManager())]))
"""


def loaded(schemes: list[str], addresses: list[str]) -> tuple[int, list[bool], int]:
    """Plugins after warming, which addresses are understood, plugins afterwards: in a process of its own."""
    command = [sys.executable, "-c", PROGRAM, json.dumps(schemes), json.dumps(addresses)]
    first, understood, last = json.loads(
        subprocess.run(command, capture_output=True, check=True, text=True).stdout
    )
    return first, understood, last


def test_only_what_is_named_is_loaded() -> None:
    """Two schemes of two plugins are two plugins, and using them loads no more."""
    first, understood, last = loaded(
        ["json", "tgram"], ["json://127.0.0.1", "tgram://123456789:abcdefg_hijklmnop/1"]
    )
    assert (first, understood, last) == (2, [True, True], 2)


@pytest.mark.parametrize("schemes", [["json", "nosuch"], ["https"], ["json", "wrong/.scheme"]])
def test_what_is_not_found_loads_everything(schemes: list[str]) -> None:
    """A scheme that no plugin's text names costs memory, never a page."""
    first, understood, _ = loaded(
        schemes, ["json://127.0.0.1", "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7"]
    )
    assert first > 100
    assert understood == [True, True]


def test_the_console_needs_no_plugin() -> None:
    """What another sender carries is not looked for among Apprise's."""
    assert loaded(["console", "", "json"], ["json://127.0.0.1"]) == (1, [True], 1)


def test_an_address_copied_from_a_service_is_understood() -> None:
    """A web hook's own address works as well as Apprise's form of it."""
    copied = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7"
    assert loaded(["json"], [copied])[1] == [True]


def test_a_plugin_in_a_folder_is_found() -> None:
    """Mail is a package of several files."""
    assert loaded(["mailto"], ["mailto://user:pass@gmail.com"])[:2] == (1, [True])

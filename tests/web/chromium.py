"""A real Chromium, driven by what is visible: taps on labels, and an account of everything that went wrong meanwhile."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--proxy-server=direct://",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
"""Nothing but this machine can be reached."""
SHOTS = os.environ.get("WATCHER_SHOTS")
"""A folder for screenshots, for whoever wants to look."""
GRAVE = ("serious", "critical")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VISIBLE_SECONDS = 15.0

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("CI") != "true", reason="chromium is not installed"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How somebody looks at a page."""

    width: int = 390
    scheme: str = "light"
    script: bool = True

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}-{'js' if self.script else 'plain'}"


class Tab:
    """One page in one browser. `faults`: console errors, failed requests, what left the origin, policy violations."""

    def __init__(self, page: Any, look: Look, name: str) -> None:
        self.page = page
        self.look = look
        self.faults: list[str] = []
        self._name = name
        self._shots = 0
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console {message.type}: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:")):
            self.faults.append(f"leaves this machine: {request.url}")

    def open(self, address: str) -> None:
        self.page.goto(address)

    def tap(self, label: str) -> None:
        """A button or a link, by what it says."""
        button = self.page.get_by_role("button", name=label, exact=True)
        link = self.page.get_by_role("link", name=label, exact=True)
        button.or_(link).first.click()

    def unfold(self, label: str) -> None:
        self.page.locator("summary", has_text=label).first.click()

    def write(self, label: str, text: str) -> None:
        self._field(label).fill(text)

    def choose(self, label: str, option: str) -> None:
        self._field(label).select_option(option)

    def read(self, label: str) -> str:
        found: str = self._field(label).input_value()
        return found

    def _field(self, label: str) -> Any:
        """By how its label starts: around a choice or a text it holds their words as well."""
        starts = re.compile(rf"^\s*{re.escape(label)}")
        return self.page.get_by_label(starts).locator("visible=true").first

    def tick(self, label: str) -> None:
        self.page.get_by_label(label, exact=True).first.check()

    def sees(self, words: str) -> bool:
        """Whether it is on the page, in whatever part that is visible; waits where a script keeps the page fresh."""
        shown = self.page.get_by_text(re.compile(re.escape(words))).locator("visible=true").first
        try:
            shown.wait_for(timeout=1000 * VISIBLE_SECONDS if self.look.script else 2000)
        except Exception:  # noqa: BLE001 - the driver's own TimeoutError
            return False
        return True

    def refreshed_until(self, words: str) -> bool:
        """Wait for words: by the script where there is one, else by the link that every page has."""
        for _ in range(1 if self.look.script else 15):
            if self.sees(words):
                return True
            if not self.look.script:
                self.tap("Refresh")
        return False

    def shoot(self, what: str) -> None:
        """A screenshot of the whole page."""
        if SHOTS:
            self._shots += 1
            file = Path(SHOTS) / f"{self._name}-{self.look}-{self._shots:02}-{what}.png"
            self.page.screenshot(path=file, full_page=True)

    def grave(self) -> list[str]:
        """What hinders people with a screen reader, a keyboard or weak eyes; only where scripts run."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page, options={"runOnly": RULES, "resultTypes": ["violations"]})
        return [
            f"{one['impact']} {one['id']}: {one['help']} ({one['nodes'][0]['html'][:120]})"
            for one in found.response["violations"]
            if one["impact"] in GRAVE
        ]

    def sideways(self) -> int:
        """By how many pixels the page is wider than the screen."""
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.page.evaluate(wide))

    def small(self) -> list[str]:
        """What has to be hit with a finger and is lower than 44 pixels. A link within a sentence may be."""
        script = """[...document.querySelectorAll("button, input:not([type=hidden]), select, summary, a")]
          .filter(e => e.checkVisibility() && getComputedStyle(e).display !== "inline")
          .map(e => [e.type === "checkbox" || e.type === "radio" ? e.closest("label") : e, e])
          .filter(([box]) => box.getBoundingClientRect().height < 43.5 && box.getBoundingClientRect().width > 1)
          .map(([, e]) => e.outerHTML.slice(0, 100))"""
        found: list[str] = self.page.evaluate(script)
        return found


@contextmanager
def tab(look: Look, name: str) -> Iterator[Tab]:
    """A fresh browser with one page."""
    from playwright.sync_api import sync_playwright

    assert CHROMIUM is not None, "chromium is not installed"
    phone = {"is_mobile": True, "has_touch": True, "device_scale_factor": 2} if look.width < 600 else {}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        context = browser.new_context(
            viewport={"width": look.width, "height": 844},
            color_scheme=look.scheme,
            reduced_motion="reduce",
            java_script_enabled=look.script,
            **phone,
        )
        context.set_default_timeout(1000 * VISIBLE_SECONDS)
        try:
            yield Tab(context.new_page(), look, name)
        finally:
            browser.close()

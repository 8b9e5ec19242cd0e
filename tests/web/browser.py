"""A browser without a screen: it keeps cookies by their paths, follows redirects, and sends the forms that a page holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self

import httpx2

from tests.serve.front import Front

FAR = ("203.0.113.9", "https://watcher.shop.example")
"""Somebody on the road, and the public address."""


@dataclass
class Form:
    """One form: where it goes, what it holds by itself, and the labels of its buttons."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    text: str = ""


class Page(HTMLParser):
    """What a page holds."""

    def __init__(self, answer: httpx2.Response) -> None:
        super().__init__()
        self.status = answer.status_code
        self.html = answer.text
        self.path = answer.url.path
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = ""
        self._area = ""
        self._words: list[str] = []
        self.feed(answer.text)

    @property
    def text(self) -> str:
        """What people read, on one line."""
        return " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", self.path))
            self.forms.append(self._form)
        if self._form is None:
            return
        if tag == "input" and given.get("type") not in ("checkbox", "radio"):
            self._form.values[given["name"]] = given.get("value", "")
        if tag == "select":
            self._select = given["name"]
            self._form.values[self._select] = ""
        if tag == "option" and "selected" in given:
            self._form.values[self._select] = given["value"]
        if tag == "textarea":
            self._area = given["name"]
            self._form.values[self._area] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form.values[self._area] += data.removeprefix("\n")
        elif self._form is not None:
            self._form.text += data
        self._words.append(data)


class Browser:
    """Somebody with a browser. `page` is what they see."""

    def __init__(self, stage: Front, client: str = FAR[0], base: str = FAR[1]) -> None:
        self.web = stage.web(client, base)
        self.page: Page

    async def __aenter__(self) -> Self:
        await self.web.__aenter__()
        return self

    async def __aexit__(self, *given: object) -> None:
        await self.web.__aexit__(*given)

    async def open(self, path: str) -> Page:
        return await self._show(await self.web.get(path))

    async def send(self, action: str, label: str = "", **typed: str) -> Page:
        """Send the first form that goes there (and reads so), filled in."""
        form = next(f for f in self.page.forms if f.action.endswith(action) and label in f.text)
        return await self.post(form.action, {**form.values, **typed})

    async def post(self, path: str, data: dict[str, str], **headers: str) -> Page:
        sent = {key.replace("_", "-"): value for key, value in headers.items()}
        return await self._show(await self.web.post(path, data=data, headers=sent))

    async def follow(self, link: str, who: str, do: str = "ack") -> Page:
        """Open a link, say who one is, press."""
        await self.open(link)
        return await self.post(link, {"who": who, "do": do})

    async def sign_in(self, token: str, name: str) -> Page:
        await self.open("/sign-in")
        return await self.send("/sign-in", token=token, name=name)

    async def _show(self, answer: httpx2.Response) -> Page:
        while answer.is_redirect:
            answer = await self.web.get(answer.headers["location"])
        self.page = Page(answer)
        return self.page

    def seal(self) -> str:
        found = re.search(r'name="seal" value="([^"]+)"', self.page.html)
        assert found is not None
        return found[1]

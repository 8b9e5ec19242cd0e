"""What the first page costs more than the second."""

from __future__ import annotations

from datetime import timedelta

import certifi
import pytest
from pydantic import SecretStr

from notifiers import carrier
from notifiers.apprise import AppriseSender, warm
from notifiers.page import Destination, Page
from tests.outside import Pager


@pytest.mark.parametrize("variable", [None, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
async def test_the_first_page_makes_no_tls_context(
    monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    """It is made while warming, for the authorities that are in use, for it costs 20 ms."""
    bundle = certifi.where()
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, bundle)
    carrier._shared.clear()
    warm(["json"])
    made = dict(carrier._shared)
    assert set(made) == {bundle}
    page = Page(id="INC-1/3@phone", kind="wake", title="INC-1", lines=("down",))
    with Pager() as pager:
        address = SecretStr(f"json://{pager.address}/")
        destination = Destination(name="phone", address=address, timeout=timedelta(seconds=5))
        assert (await AppriseSender().send(page, destination)).outcome == "accepted"
    assert carrier._shared == made


def test_authorities_that_cannot_be_read_do_not_end_the_warming(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page itself says what is wrong with them."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/authorities.pem")
    carrier._shared.clear()
    carrier.ready()
    assert carrier._shared == {}

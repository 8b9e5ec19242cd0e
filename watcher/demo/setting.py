"""The folder that the demo's daemon lives in: its configuration, its secrets in files of their own, its log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from watcher.demo.app import EMAIL

SENTRY_TOKEN = "invented-sentry-token"  # noqa: S105 - good for the simulated world alone
API_TOKEN = "invented-api-token"  # noqa: S105 - same
PROBE_PASSWORD = "invented-probe-password"  # noqa: S105 - same

SOURCES = frozenset({"sentry:shop", "health:api", "health:sign-in"})
"""What the configuration below watches."""

CONFIG = """\
# What `watcher demo` runs the daemon with. The intervals are short, so that the story fits into a minute.
version: 1
service: {{name: shop, public_url: {watcher}}}
sentry:
  - name: shop
    url: {sentry}
    organization: acme
    token: {{file: {folder}/sentry_token}}
    every: 2s
    projects:
      - {{id: 2, system: web}}
health:
  defaults: {{every: 1s, timeout: 1s, fail_after: 2, pass_after: 2, retry_every: 500ms}}
  endpoints:
    - {{name: api, url: {shop}/api/health, system: api, environment: production, critical: true}}
    - name: sign-in
      url: {shop}/api/auth/login
      system: web
      environment: production
      category: authentication
      critical: true
      request:
        method: POST
        json: {{email: {email}, password: "${{PROBE_PASSWORD}}"}}
        expect: [200]
contacts:
  ann: {{targets: [ann-phone]}}
targets:
  ann-phone: {{apprise: {pager}, wakes: true}}
{stakeholders}on_call: {{default: ann}}
recovery: {{clean_for: {clean_for}, watch_for: {watch_for}}}
log: {{path: {folder}/watcher.db}}
serve:
  listen: {listen}
  tokens: {{demo: {{file: {folder}/api_token}}}}
"""

STAKEHOLDERS = """\
  status: {{apprise: {status}, for: [publish]}}
stakeholders: {{targets: [status]}}
"""
"""Where somebody hears of it without working on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    shop: str
    sentry: str
    pager: str
    watcher: str
    status: str | None = None  # where the stakeholders read


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    folder: Path
    addresses: Addresses
    clean_for: timedelta  # how long all must be well before it counts as mitigated
    watch_for: timedelta = timedelta(minutes=10)  # and how long it is watched then

    @property
    def config(self) -> Path:
        return self.folder / "watcher.yaml"

    @property
    def output(self) -> Path:
        """What the daemon prints."""
        return self.folder / "watcher.log"


def lay_out(setting: Setting) -> None:
    """Write the configuration, and the secrets in files that only their owner reads."""
    setting.folder.mkdir(parents=True, exist_ok=True)
    for name, secret in (("sentry_token", SENTRY_TOKEN), ("api_token", API_TOKEN)):
        path = setting.folder / name
        path.touch(mode=0o600)
        path.write_text(secret)
    setting.config.write_text(config_text(setting))


def config_text(setting: Setting) -> str:
    """The configuration as YAML."""
    addresses = setting.addresses
    return CONFIG.format(
        folder=setting.folder,
        email=EMAIL,
        shop=addresses.shop,
        sentry=addresses.sentry,
        pager=_notified(addresses.pager),
        stakeholders=STAKEHOLDERS.format(status=_notified(addresses.status)) if addresses.status else "",
        watcher=addresses.watcher,
        listen=addresses.watcher.removeprefix("http://"),
        clean_for=f"{setting.clean_for.total_seconds() * 1000:.0f}ms",
        watch_for=f"{setting.watch_for.total_seconds() * 1000:.0f}ms",
    )


def _notified(phone: str) -> str:
    """A phone's address, as Apprise takes it."""
    return phone.replace("http://", "json://") + "/notify"

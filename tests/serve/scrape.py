"""Reading a scrape."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from tests.serve.front import Front

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: bytes) -> Samples:
    families = text_string_to_metric_families(text.decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for f in families for s in f.samples}


def value(stage: Front, name: str, **labels: str) -> float:
    return samples(stage.metrics.exposition())[f"watcher_{name}", tuple(sorted(labels.items()))]


PROCESS = ("watcher_polls", "watcher_poll_last", "watcher_page_delivery", "watcher_process")
"""What starts with the process, as its help says."""
FIRST_TURN = ("watcher_pages_pending", "watcher_wakes_pending", "watcher_source_blind")
"""What is read from the live streams, and so not before the engine has them."""


def seen(stage: Front) -> Samples:
    """What must outlive a restart."""
    found = samples(stage.metrics.exposition())
    return {key: n for key, n in found.items() if not key[0].startswith((*PROCESS, *FIRST_TURN))}


def is_counter(name: str) -> bool:
    return name.endswith(("_total", "_bucket", "_count", "_sum"))

"""`watcher run`: the daemon, until it is told to stop."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, readable=False),  # our own reader says what to do
    default=Path("watcher.yaml"),
    show_default=True,
)
@click.option("--log-format", type=click.Choice(["auto", "json", "text"]), default="auto", show_default=True)
def run(config: Path, log_format: str) -> None:
    """Watch, page, remember. SIGTERM stops, SIGHUP reloads."""
    import asyncio
    import signal
    import sys
    from functools import partial

    from rules.fault import Faults
    from watcher.care.sd_notify import watchdog_interval
    from watcher.daemon import daemon
    from watcher.engine import HEARTBEAT
    from watcher.live import live_load, live_world
    from watcher.log import LogBroken, LogNewer
    from watcher.logs import configure
    from watcher.threads import Unawaited

    configure(log_format)

    async def main() -> int:
        stop, reload_asked = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_default_executor(Unawaited())
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, reload_asked.set)
        interval = watchdog_interval()
        heartbeat = min(HEARTBEAT, interval / 3) if interval else HEARTBEAT
        return await daemon(
            partial(live_load, config),
            live_world(),
            stop=stop,
            reload_asked=reload_asked,
            heartbeat=heartbeat,
        )

    try:
        sys.exit(asyncio.run(main()))
    except Faults as faults:
        click.echo(
            f"{faults}\nNothing was started. Mend the above and try again; `watcher check` says the same.",
            err=True,
        )
        sys.exit(2)
    except LogBroken as error:
        click.echo(f"{error}\nNothing was started.", err=True)
        sys.exit(2 if isinstance(error, LogNewer) else 3)  # starting again does not make this daemon newer

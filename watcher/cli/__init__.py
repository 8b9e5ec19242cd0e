"""The command line: one file a group of commands, imported when it is asked for.

Somebody acknowledges at 3 a.m.: a command that speaks to the daemon must not pay for the daemon's imports.
"""

from __future__ import annotations

from importlib import import_module

import click

from watcher import __version__

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("run", "Watch, judge and page, until told to stop."),
    "check": ("check", "Say everything that is wrong with a configuration."),
    "demo": ("demo", "Show a whole incident in a simulated world."),
    "status": ("status", "Say whether the daemon watches, and what is open."),
    "incidents": ("incidents", "List the open incidents and suspicions."),
    "show": ("incidents", "Show one incident and its timeline."),
    "ack": ("act", "Take an incident, or look at a suspicion: the paging of others stops."),
    "take": ("act", "Take an incident over from whoever has it."),
    "escalate": ("act", "Ask for help: the next in the ladder are paged now."),
    "declare": ("report", "Say that there is a P0."),
    "report": ("report", "Say what is broken; the rules judge the words."),
    "state": ("state", "State what you know; the recommendation follows at once."),
    "decide": ("decide", "Say what is done: rollback, hotfix or other."),
    "update": ("progress", "Tell the stakeholders; it leaves at once."),
    "tick": ("progress", "Tick what stands on the checklist."),
    "deployed": ("progress", "Say that the fix, or the rollback, is out: it is verified from then on."),
    "release": ("progress", "Let a security incident be spoken of."),
    "judge-advice": ("decide", "Say afterwards whether the recommendation was right."),
    "postmortem": ("documents", "Print the post-mortem as Markdown."),
    "hotfix-pr": ("documents", "Print title and body of the hotfix pull request."),
    "checklist": ("documents", "Print the checklist: what is done, and what is due next."),
    "resolve": ("act", "Say that an incident is over."),
    "false-alarm": ("act", "Say that an incident was no P0."),
    "note": ("act", "Add words to a timeline."),
    "confirm": ("act", "Say that a suspicion is a P0."),
    "not-p0": ("act", "Say that a suspicion is no P0."),
    "silence": ("silence", "Open nothing for what matches, for a while."),
    "who": ("who", "Say who is on call, until when, and who is next."),
    "override": ("override", "Put somebody else on call for a while."),
    "page-test": ("page_test", "Send a test page through the whole path, and wait for it."),
    "drill": ("drill", "Practise: page as for a real P0, until a person acknowledges."),
    "init": ("init", "Ask five questions, write a configuration, send a test page."),
    "reload": ("status", "Read the configuration and the rules again."),
    "explain": ("explain", "Say which clauses of which rules hold, and which do not."),
    "backup": ("keep", "Copy the log while the daemon writes it, and prove the copy."),
    "export": ("keep", "Print the log as JSON Lines."),
    "install-service": ("service", "Write the units of systemd for this installation."),
    "rules": ("rules", "Check, test and try the rules."),
    "version": ("version", "Print the version."),
}
"""Command: the module below this package that holds it, and what the list of commands says of it."""


ATTRIBUTES = {"show": "show_"}
"""Commands whose function is called otherwise."""


class Lazy(click.Group):
    """A group whose commands are imported when one is run; the list of commands imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"{__name__}.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, ATTRIBUTES.get(cmd_name, cmd_name.replace("-", "_")))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A typing error at 3 a.m. is answered with what was probably meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"there is no command {args[0]!r}{_meant(args[0])}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


def _meant(typed: str) -> str:
    from difflib import get_close_matches  # only where it is needed

    near = get_close_matches(typed.lower(), COMMANDS, n=1)
    return f"; did you mean {near[0]}?" if near else ""


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="watcher %(version)s", help="Print the version.")
def watcher() -> None:
    """Recognise a P0, say roll back or fix forward, and page until somebody answers.

    Exit codes: 0 done, 1 the answer is no, 2 usage or configuration, 3 it cannot be reached, or cannot go on.
    """

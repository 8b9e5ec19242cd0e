"""The full story: the two hours compressed, from the first page to the all-clear and the post-mortem."""

from __future__ import annotations

from watcher.demo.story import CONTACT, PERSON, Story
from watcher.demo.world import BAD, GOOD, NEXT

CAUSE = f"{BAD} reads the session key from a variable that production does not set"
SHOWN_LINES = 14
"""Of a hotfix request; the rest is asked of people."""


class FullStory(Story):
    """What follows the page: the decision, the messages, the verification, the fix forward, the documents."""

    async def tell(self) -> None:
        """The whole story, in order. Raises StoryError."""
        await self.all_is_well()
        await self.a_release_goes_out()
        await self.sign_in_breaks()
        page = await self.the_phone_rings()
        incident = page.incident or ""
        await self.somebody_answers(page)
        await self.stakeholders_hear()
        await self.sentry_joins(incident)
        await self.it_is_decided(incident)
        await self.it_is_rolled_back()
        await self.recovery_is_seen(incident)
        await self.it_is_announced()
        await self.the_cause_is_found(incident)
        await self.the_fix_goes_out(incident)
        await self.the_rest_is_ticked(incident)
        await self.all_is_clear(incident)
        await self.the_post_mortem_is_read(incident)
        await self.the_times_are_read()

    async def stakeholders_hear(self) -> None:
        self.teller.say("Somebody has it, so the stakeholders hear of it, in words that they understand:")
        await self._stakeholders_read("incident detected")

    async def it_is_decided(self, incident: str) -> None:
        await self._types(f"{PERSON} decides.", "decide", incident, "rollback")
        text = "Signing in fails since the last release. It is being taken back."
        await self._types("She tells the stakeholders what she knows.", "update", incident, text)

    async def it_is_announced(self) -> None:
        self.teller.say("Only now, verified, is it announced to the stakeholders:")
        await self._stakeholders_read("fixed")

    async def the_cause_is_found(self, incident: str) -> None:
        self.teller.say(
            f"Rolled back is not finished: production runs {GOOD}, behind {BAD}. {PERSON} finds the cause and mends it."
        )
        await self._types("She says what it was.", "state", incident, "--root-cause", CAUSE, shown=1)
        request = await self.daemon.command("hotfix-pr", incident)
        self.teller.say(
            f"The pull request writes itself as far as the log knows: watcher hotfix-pr {incident}"
        )
        self.teller.add([*request.splitlines()[:SHOWN_LINES], "..."])
        await self._types(
            "A senior has looked at it.", "tick", incident, "fix-approved", "reads well", "--as", "cara"
        )

    async def the_fix_goes_out(self, incident: str) -> None:
        self.stage.shop = self.stage.shop.deploy(NEXT, self.clock.now())
        await self._report_deploy(NEXT, GOOD)
        self.teller.say(f"Release {NEXT} goes out with the fix. The watcher asks whether it is the fix:")
        await self._told_of("is it the fix?")
        await self._types("It is.", "deployed", incident, "--version", NEXT)
        await self._told_of("the rollback is behind you")

    async def the_rest_is_ticked(self, incident: str) -> None:
        for item, text in (
            ("smoke-test", "sign-in, sign-up, password reset"),
            ("bug-report", "WEB-2F"),
            ("users-told", "nobody wrote in"),
        ):
            await self.daemon.command("tick", incident, item, text, "--as", CONTACT)
        checklist = await self.daemon.command("checklist", incident)
        self.teller.say(f"She tries what was broken, and ticks the rest. watcher checklist {incident}")
        self.teller.add(line for line in checklist.splitlines() if line)

    async def all_is_clear(self, incident: str) -> None:
        self.teller.say(
            "The time of watching passes. (A real configuration watches for two hours, not seconds.)"
        )
        await self._until("the incident was not closed", lambda: self._has_status(incident, "resolved"))
        self.teller.say("Nothing came back: the watcher closes the file. The stakeholders read:")
        await self._stakeholders_read("all clear")

    async def the_post_mortem_is_read(self, incident: str) -> None:
        document = await self.daemon.command("postmortem", incident)
        self.teller.say(f"The post-mortem, as the log tells it: watcher postmortem {incident}")
        self.teller.plain()
        for line in document.splitlines():
            self.teller.plain(line)
        self.teller.plain()

    async def _types(self, why: str, *words: str, shown: int = 3) -> None:
        """A command of the person who has it, and the beginning of what it prints."""
        who = () if "--as" in words else ("--as", CONTACT)
        printed = await self.daemon.command(*words, *who)
        typed = " ".join(f'"{word}"' if " " in word else word for word in words)
        self.teller.say(f"{why} watcher {typed}".strip())
        self.teller.add(f"> {line}" for line in printed.splitlines()[:shown] if line)
        await self._read_on()

    async def _stakeholders_read(self, word: str) -> None:
        failure = f'the stakeholders were not told "{word}"'
        message = await self._message(f": {word}", failure, self.status)
        self.teller.phone(message.title, message.text)
        await self._read_on()

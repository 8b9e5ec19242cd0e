"""How fast the rulebook judges: distinct texts, one core, parsing excluded. `python bench/rules_speed.py [CORPUS]`.

1. A stream as a tracker delivers it: everyday errors, and one in a hundred that a rule of the pack recognises.
2. The same stream as one look, its faults counted together.
3. What people report: the examples of the pack with invented words around them; each sentence is weighed.
4. The issues of a labelled folder (CORPUS/issues.jsonl), each round with other ids in its text.
5. One title from 1 kB to 1 MB of the worst repetition.
Processor time of this process is measured: another one on the same machine does not count.
"""

from __future__ import annotations

import dataclasses
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rules import rows
from rules.classify import classify, classify_all
from rules.example import ReportExample
from rules.load import load
from rules.rulebook import Rulebook
from rules.signal import Activity, IssueSignal, ReportSignal, Signal

STREAM, HITS, REPORTS, ROUNDS = 20_000, 100, 2_000, 5
AT = datetime(2026, 11, 25, tzinfo=UTC)

NOISE = (
    ("TypeError", "undefined is not an object (evaluating 'e.{word}.{word}')", "/app/{word}"),
    (
        "TypeError",
        "Cannot destructure property '{word}' of '{word}' as it is undefined.",
        "GET /api/{word}/{id}",
    ),
    ("Error", "Minified React error #{number}; visit the docs for the full message", "/{word}"),
    ("NotFoundError", "The object can not be found here.", "/{word}/{id}"),
    ("NetworkError", "A network error occurred while loading {word}.js", "/static/{word}"),
    ("ValidationError", "{number} validation errors for {word}: field required", "POST /api/{word}"),
    ("KeyError", "'{word}'", "{word}.tasks.{word}"),
    ("DoesNotExist", "{word} matching query does not exist.", "/{word}/{id}/"),
    ("MultiValueDictKeyError", "'{word}'", "/api/{word}/"),
    (
        "UnicodeDecodeError",
        "'utf-8' codec can't decode byte 0x8{number} in position {number}",
        "{word}.import",
    ),
    ("ZeroDivisionError", "division by zero", "{word}.report"),
    ("ReadTimeout", "HTTPSConnectionPool(host='{word}.example', port=443): Read timed out.", "{word}.client"),
    ("TimeoutError", "Navigation timeout of {number}0000 ms exceeded", "{word}.render"),
    ("CardError", "Your card has insufficient funds. request {id}", "POST /api/{word}"),
    ("PermissionDenied", "user {id} may not edit {word} {number}", "/{word}/{id}/edit"),
    ("", "Slow query in {word}: {number}42 ms", "{word}.jobs"),
    ("", "{word} {word} was skipped for {id}", "{word}.worker"),
    ("", "Deprecated call to {word}() at {word}.py:{number}", "{word}"),
    ("", "Unknown locale {word}, falling back to en", "{word}.i18n"),
    ("NoMethodError", "undefined method `{word}' for nil:NilClass", "{word}#show"),
    ("IllegalStateException", "Fragment {word} not attached to a context.", "com.shop.{word}"),
    ("SocketException", "Software caused connection abort ({id})", "com.shop.{word}"),
)
"""Error type, value, place."""


def main(arguments: Sequence[str]) -> int:
    book = load()
    print(f"{len(book.rules)} rules, rulebook {book.sha256[:12]}")
    rate("stream, 1 % hits", book, lambda number: stream(book, number), STREAM)
    pools(book)
    rate("reports", book, lambda number: reports(book, number), REPORTS)
    if arguments:
        issues = [rows.issue_of(json.loads(line)) for line in lines(Path(arguments[0]) / "issues.jsonl")]
        rate("corpus", book, lambda number: again(issues, number), len(issues))
    for size in (1_000, 10_000, 100_000, 1_000_000):
        title(book, size)
    return 0


def lines(file: Path) -> list[str]:
    return [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def rate(name: str, book: Rulebook, make: Callable[[int], Iterator[Signal]], count: int) -> None:
    """The best of some rounds, each with texts that were never seen before: what others took of the machine is not ours."""
    taken, said = [], 0
    for number in range(ROUNDS):
        signals = list(make(number))
        began = time.process_time()
        verdicts = [classify(book, signal, own_window=True) for signal in signals]
        taken.append(time.process_time() - began)
        said = sum(verdict.outcome != "none" for verdict in verdicts)
    best = min(taken)
    print(
        f"{name:<20} {count / best:>9,.0f} rows/s   {best / count * 1e6:6.1f} us a row   {said} fire of {count}"
    )


def pools(book: Rulebook) -> None:
    """The same stream as one look, counted together."""
    signals = list(stream(book, ROUNDS))
    began = time.process_time()
    classify_all(book, signals)
    taken = time.process_time() - began
    print(
        f"{'the same, one look':<20} {len(signals) / taken:>9,.0f} rows/s   {taken / len(signals) * 1e6:6.1f} us a row"
    )


def stream(book: Rulebook, seed: int) -> Iterator[IssueSignal]:
    """Everyday errors with invented words and ids; every HITS-th is an example that its rule fires on."""
    chance = random.Random(seed)
    hits = [
        example.signal(timedelta(minutes=5))
        for rule in book.rules
        for example in rule.examples.fires
        if rule.signal == "issue"
    ]
    for number in range(STREAM):
        if number % HITS == 0:
            hit = chance.choice(hits)
            assert isinstance(hit, IssueSignal)
            yield dataclasses.replace(hit, title=f"{hit.title} {number}-{seed}")
        else:
            yield noise(chance, number)


def reports(book: Rulebook, seed: int) -> Iterator[ReportSignal]:
    """What the rules take for examples, harmless ones too, each in a mail of its own."""
    chance = random.Random(seed)
    texts = [
        one.text
        for rule in book.rules
        for one in (*rule.examples.fires, *rule.examples.near_misses)
        if isinstance(one, ReportExample)
    ]
    for number in range(REPORTS):
        text = f"{word(chance)} {word(chance)}. {chance.choice(texts)}. {word(chance)}?"
        yield ReportSignal(source="report:bench", key=str(number), at=AT, text=text)


def noise(chance: random.Random, number: int) -> IssueSignal:
    kind, value, place = chance.choice(NOISE)
    text, where = filled(value, chance), filled(place, chance)
    return IssueSignal(
        source="sentry:bench",
        key=str(number),
        at=AT,
        started_at=None,
        title=f"{kind}: {text}" if kind else text,
        error_type=kind,
        value=text,
        culprit=where,
        platform="javascript",
        project="shop",
        activity=(Activity(window=timedelta(minutes=5), events=40, users_low=12, users_high=12),),
    )


def filled(text: str, chance: random.Random) -> str:
    while "{" in text:
        text = text.replace("{word}", word(chance), 1)
        text = text.replace("{number}", str(chance.randrange(1, 10)), 1)
        text = text.replace("{id}", f"{chance.randrange(1 << 40):010x}", 1)
    return text


def word(chance: random.Random) -> str:
    return "".join(
        chance.choice(("ba", "re", "to", "lin", "mo", "ka", "si", "ver", "un", "do")) for _ in range(4)
    )


def again(issues: Sequence[IssueSignal], number: int) -> Iterator[IssueSignal]:
    """The same issues with other ids, so that no memo knows them."""
    for place, one in enumerate(issues):
        yield dataclasses.replace(one, title=f"{one.title} n{number}x{place}")


def title(book: Rulebook, size: int) -> None:
    """A title that comes near many patterns, read and judged; what is beyond the cap is only carried."""
    piece = "failed to sign in charge database connection messages lost deleted error "
    row = {"id": "1", "issue": {"id": "1", "title": (piece * (size // len(piece) + 1))[:size]}}
    began = time.process_time()
    classify(book, rows.issue_of(row), own_window=True)
    print(f"a title of {size:>9,} characters: {(time.process_time() - began) * 1e3:6.1f} ms")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

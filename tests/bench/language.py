"""How well the language of a message is guessed: `python -m tests.bench.language [--prior [--other]]`, over the questions of all cities.

Per language and kind of question, and per length of the text: the share guessed rightly, left open and guessed wrongly. `--prior`: as
the bot asks, with the city and a contact who chose the language of the question; `--other`: one who chose another, which is when an
offer is made. A wrong guess offers a language nobody wrote; an open one costs only the offer."""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.knowledge.load import load_knowledge
from bot.matching.language import LanguageGuesser
from bot.model import Knowledge
from tests.bench.table import percentile

FOLDER = Path(__file__).parents[2] / "knowledge"
LENGTHS = (10, 20, 40, 80)  # characters


@dataclass(frozen=True, slots=True)
class Question:
    """A question people may write, with the language it is written in."""

    city: str
    lang: str
    kind: str
    text: str


def questions(folder: Path = FOLDER) -> Iterator[Question]:
    """Read the questions of every city."""
    for path in sorted(folder.glob("*/questions.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                written = json.loads(line)
                yield Question(written["city"], written["lang"], written["kind"], written["text"])


def own_of(question: Question, knowledge: Knowledge, other: bool) -> str:
    """Give the language the contact has chosen: that of the question, or the first of the city's that it is not."""
    spoken = knowledge.cities[question.city].languages
    return next(locale for locale in (*spoken, "en") if locale != question.lang) if other else question.lang


def kind_of(question: Question) -> str:
    """Keep apart what is written in foreign letters or in two languages."""
    return question.kind if question.kind in ("translit", "codemix") else "other kinds"


def length_of(question: Question) -> str:
    """Name the class of lengths of a text."""
    return next((f"up to {most:>2}" for most in LENGTHS if len(question.text) <= most), f"over {LENGTHS[-1]}")


def rows(counted: Mapping[tuple[str, ...], Counter[str]]) -> list[Sequence[str]]:
    """Write one line for each class: questions, shares in percent, and what was guessed wrongly most."""
    written: list[Sequence[str]] = []
    for key, counts in sorted(counted.items()):
        total = counts.total()
        wrong = {lang: n for lang, n in counts.items() if lang not in ("right", "open")}
        shares = (counts["right"], counts["open"], sum(wrong.values()))
        most = ", ".join(f"{lang} {n}" for lang, n in Counter(wrong).most_common(4))
        written.append((*key, str(total), *(f"{100 * n / total:.1f}" for n in shares), most))
    return written


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prior", action="store_true", help="tell the city and the contact's own language")
    parser.add_argument("--other", action="store_true", help="with --prior: the contact's own language is another one")
    parser.add_argument("--wrong", action="store_true", help="print what is guessed wrongly")
    args = parser.parse_args()
    knowledge = load_knowledge(FOLDER)
    start = time.process_time()
    guesser = LanguageGuesser(knowledge)
    took_s = time.process_time() - start
    classes: dict[str, dict[tuple[str, ...], Counter[str]]] = {name: defaultdict(Counter) for name in ("language", "length", "all")}
    times = []
    for question in questions():
        spoken = (own_of(question, knowledge, args.other), *knowledge.cities[question.city].languages, "en") if args.prior else ()
        start = time.thread_time()
        guessed = guesser.guess(question.text, spoken)
        times.append(1000 * (time.thread_time() - start))
        result = "right" if guessed == question.lang else guessed or "open"
        classes["language"][kind_of(question), question.lang][result] += 1
        classes["length"][(length_of(question),)][result] += 1
        classes["all"][(kind_of(question),)][result] += 1
        if args.wrong and result not in ("right", "open"):
            print(f"{question.lang} -> {guessed} ({question.kind}, {question.city}): {question.text}")
    for name, counted in classes.items():
        keys = ("kind", "lang") if name == "language" else ("class",)
        print(f"\nBy {name}")
        for row in ([*keys, "n", "right %", "open %", "wrong %", "wrongly"], *rows(counted)):
            print("  ".join(cell.ljust(12) for cell in row).rstrip())
    print(f"\nbuilt in {took_s:.2f} s CPU; a guess: median {percentile(times, 50):.2f} ms, 99 % {percentile(times, 99):.2f} ms")


if __name__ == "__main__":
    main()

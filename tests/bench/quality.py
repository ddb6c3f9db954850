"""How well questions find their entries, and why: `python -m tests.bench.quality [--peers [--every 4]] [--ablation]`.

Two sets, neither of which the knowledge has seen: the questions of the cities (knowledge/*/questions.jsonl), and a hard one modelled on
what people write in forums (tests/questions/hard.jsonl: stories, relatives, anger, wrong terms, two questions, children, and topics that
no entry covers). Each is measured as it is and with typos in a fifth of its words. Crises are left out: they never come to the matcher.

*first*: the right entry has the highest rank. *good80*: answered and right where the threshold refuses 80 of 100 texts about something
else, which makes systems comparable whose confidences are not. Intervals: 95 %, bootstrap over the questions, of the paired difference."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.load import load_knowledge
from bot.matching import Matcher, decide, evaluate, features, finder, index, normalise, ranker, report
from bot.matching.evaluate import Line
from bot.matching.finder import ELSEWHERE
from bot.matching.romanised import Romanised
from bot.matching.smalltalk import SmalltalkMatcher
from bot.model import City, Entry, Knowledge, Words
from tests.bench.matching import texts_of
from tests.bench.peers import Examples, Peer, peers
from tests.bench.table import table
from tests.bench.typos import add_typos

ROOT = Path(__file__).parents[2]
KNOWLEDGE = ROOT / "knowledge"
HARD = ROOT / "tests" / "questions" / "hard.jsonl"
TYPOS, SEED, RESAMPLES = 0.2, 7, 2000
MANY = 1000  # lines of a set of which peers, some of which are slow, are asked only a part
Rank = Callable[[Line, str], list[tuple[str, float]]]  # a line and how its text is written -> entries with scores
Bools = NDArray[np.bool_]


def lines_of(*files: Path) -> list[Line]:
    """Read questions without the crises."""
    lines: list[Line] = [json.loads(text) for file in files for text in file.read_text(encoding="utf-8").splitlines() if text.strip()]
    return [line for line in lines if line["kind"] != "oos" or line["id"] is None]


def sets() -> dict[str, tuple[list[Line], float]]:
    """List the sets with the share of their words that get a typo."""
    own, hard = lines_of(*sorted(KNOWLEDGE.glob("*/questions.jsonl"))), lines_of(HARD)
    return {"own": (own, 0.0), "own, typos": (own, TYPOS), "hard": (hard, 0.0), "hard, typos": (hard, TYPOS)}


@dataclass(frozen=True)
class Found:
    """What a system made of a set: right first entries and confidences of those in scope, confidences of the others."""

    right: Bools
    sure: NDArray[np.float64]
    beside: NDArray[np.float64]

    @property
    def first(self) -> float:
        """Give the share of right first entries, in per cent."""
        return 100 * float(self.right.mean())

    @property
    def good(self) -> Bools:
        """Say which questions are answered right where 80 of 100 texts about something else are refused."""
        good: Bools = self.right & (self.sure > np.quantile(self.beside, 0.8))
        return good


def measure(rank: Rank, lines: Sequence[Line], typos: float) -> Found:
    """Ask everything; what is no entry (small talk, a topic without one) refuses."""
    right, sure, beside = [], [], []
    for line in lines:
        ranked = rank(line, add_typos(line["text"], typos, SEED))
        entry_id, score = ranked[0] if ranked else ("", -1.0)
        confidence = -1.0 if entry_id.startswith(ELSEWHERE) else score
        if line["id"] is None:
            beside.append(confidence)
        else:
            right.append(entry_id in {line["id"], *line.get("also", ())})
            sure.append(confidence)
    return Found(np.array(right), np.array(sure), np.array(beside))


def interval(ours: Bools, theirs: Bools) -> str:
    """Bound the difference of two shares over the same questions, in points."""
    difference = ours.astype(float) - theirs.astype(float)
    random = np.random.default_rng(SEED)
    means = [difference[random.integers(0, len(difference), len(difference))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, [0.025, 0.975])
    return f"({100 * low:+.1f} to {100 * high:+.1f})"


# ---------------------------------------------------------------- the systems


def of_matcher(ours: Matcher) -> Rank:
    """Rank as the bot does, crisis words aside; small talk refuses."""

    def rank(line: Line, text: str) -> list[tuple[str, float]]:
        asker, _language = ours._asker_of(text, line["city"], line["lang"])
        talk = ours._smalltalk.read(normalise(text).split())
        if talk.whole:
            return [(ELSEWHERE + talk.whole, 1.0)]
        return [(match.entry_id, match.score) for match in ours._ranked(talk.question, asker)]

    return rank


def same_examples(city: City, beside: finder.Beside) -> list[tuple[str, str]]:
    """List all example texts a city's matcher learns from, what is beside the entries included."""
    entries = [(entry.id, text) for entry in city.entries.values() for words in entry.words.values() for text in texts_of(words)]
    return entries + [(name, text) for name, texts in beside.items() for locale in city.languages for text in texts.get(locale, ())]


def of_peer(knowledge: Knowledge, make: Callable[[Examples], Peer]) -> Rank:
    """Rank by a peer that has the same examples and the same small talk before it."""
    beside, smalltalk = finder.beside_entries(knowledge), SmalltalkMatcher(knowledge.smalltalk)
    built = {slug: make(same_examples(city, beside)) for slug, city in knowledge.cities.items()}

    def rank(line: Line, text: str) -> list[tuple[str, float]]:
        talk = smalltalk.read(normalise(text).split())
        if talk.whole:
            return [(ELSEWHERE + talk.whole, 1e9)]
        return built[line["city"]].rank(" ".join(talk.question))

    return rank


# ---------------------------------------------------------------- reports


def against_peers(knowledge: Knowledge, every: int) -> str:
    """Compare with all peers, question by question, on every n-th question of the large sets."""
    tried = {name: (lines[:: every if len(lines) > MANY else 1], typos) for name, (lines, typos) in sets().items()}
    ours = {name: measure(of_matcher(Matcher(knowledge)), *some) for name, some in tried.items()}
    rows = {name: [("Dragoman", f"{found.first:5.1f}{'':18}{100 * found.good.mean():5.1f}")] for name, found in ours.items()}
    for name, make in peers().items():
        rank = of_peer(knowledge, make)
        for set_name, some in tried.items():
            theirs, own = measure(rank, *some), ours[set_name]
            cells = (
                f"{theirs.first:5.1f} {interval(own.right, theirs.right)}",
                f"{100 * theirs.good.mean():5.1f} {interval(own.good, theirs.good)}",
            )
            rows[set_name].append((name, "".join(f"{cell:23}" for cell in cells)))
            print(set_name, rows[set_name][-1], flush=True)
    asked = {name: len(found.right) + len(found.beside) for name, found in ours.items()}
    return "\n\n".join(
        table(f"{name}, {asked[name]} lines: first, good80 (and by how much Dragoman is ahead)", some) for name, some in rows.items()
    )


@contextmanager
def changed(owner: object, name: str, value: object) -> Iterator[None]:
    """Set an attribute for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def ablation(knowledge: Knowledge) -> str:
    """Leave out one part after the other."""
    tried, rows = sets(), []

    def tell(name: str, of: Knowledge = knowledge, *, wrap: Callable[[Matcher], Rank] = of_matcher) -> None:
        rank = wrap(Matcher(of))
        cells = []
        for some in tried.values():
            found = measure(rank, *some)
            cells.append(f"{found.first:6.1f} {100 * found.good.mean():6.1f} ")
        rows.append((name, "".join(cells)))
        print(rows[-1], flush=True)

    tell("everything")
    without: Mapping[str, Sequence[tuple[object, str, object]]] = {
        "without the answers": [(ranker, "ANSWER", np.float32(0))],
        "without the nearest example": [(ranker, "NEAREST", np.float32(0))],
        "without Bayes": [(ranker, "FEWEST", 1_000_000)],
        "without Bayes and the ridge model": [(ranker, "MAX_EXAMPLES", 0)],
        "without words and pairs": [(index, "GROUP_SHARES", _share(1))],
        "without concepts": [(index, "GROUP_SHARES", _share(2))],
        "without letters": [(index, "CHANNEL_FACTORS", _factor(0))],
        "without consonants": [(index, "CHANNEL_FACTORS", _factor(2))],
        "without the language's own letters": [(Romanised, "find", lambda *_, **__: None)],
        "without repaired spelling": [(finder, "_SHARE_OF_REPAIRED", 0.0)],
        "without other matters": [(finder, "ELSEWHERE_KINDS", ())],
    }
    for name, changes in without.items():
        with ExitStack() as stack:
            for change in changes:
                stack.enter_context(changed(*change))
            tell(name)
    tell("without topics that have no entry", replace(knowledge, uncovered={}))
    tell("without keywords", _with_words(knowledge, lambda words: replace(words, keywords=())))
    tell("half of the questions", _with_words(knowledge, lambda words: replace(words, questions=words.questions[::2])))
    heads = "".join(f"{name:14}" for name in tried)
    return table(f"first, good80 of{'':18}{heads}", rows)


def _share(group: int) -> NDArray[np.float32]:
    shares = features.GROUP_SHARES.copy()
    shares[group] = 1e-6
    return shares


def _factor(*channels: int) -> NDArray[np.float32]:
    factors = features.CHANNEL_FACTORS.copy()
    factors[list(channels)] = 1e-6
    return factors


def _with_words(knowledge: Knowledge, keep: Callable[[Words], Words]) -> Knowledge:
    def trimmed(entry: Entry) -> Entry:
        return replace(entry, words={locale: keep(words) for locale, words in entry.words.items()})

    cities = {
        slug: replace(city, entries={entry_id: trimmed(entry) for entry_id, entry in city.entries.items()})
        for slug, city in knowledge.cities.items()
    }
    return replace(knowledge, cities=cities)


def honesty(knowledge: Knowledge) -> str:
    """Compare the chances given with what came true, and show what the thresholds come to."""
    ours = Matcher(knowledge)
    parts = []
    for name, (lines, typos) in sets().items():
        if typos:
            continue
        judged = evaluate.judge(lines, ours)
        steps = [
            (f"{100 * step.probability:.0f} % given", f"{step.right} % right, {step.right.total} texts")
            for step in report.reliability(judged)
        ]
        parts.append(table(f"{name}: chance given to the first entry, and how often it is right", steps))
        by_language = evaluate.figures(judged)
        parts.append(evaluate.table({key: group for key, group in by_language.items() if not key.startswith("city ")}))
    costs = {topic: f"{decide.answer_from(topic):.2f}" for topic in sorted(decide.COSTS)}
    chosen = [("answer from", f"{decide.answer_from(''):.2f}; {costs}"), ("suggest from", f"{decide.SUGGEST_FROM:.2f}")]
    return "\n\n".join([*parts, table("thresholds, from the cost of a wrong answer", chosen)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", action="store_true", help="compare with other ways to find entries")
    parser.add_argument("--every", type=int, default=4, help="which part of a large set peers are asked (4: every fourth line)")
    parser.add_argument("--ablation", action="store_true", help="show what each part gives")
    chosen = parser.parse_args()
    knowledge = load_knowledge(KNOWLEDGE)
    print(honesty(knowledge), flush=True)
    if chosen.peers:
        print("\n" + against_peers(knowledge, chosen.every), flush=True)
    if chosen.ablation:
        print("\n" + ablation(knowledge), flush=True)


if __name__ == "__main__":
    main()

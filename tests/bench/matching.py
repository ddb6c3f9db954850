"""How fast a question finds its entry: `python -m tests.bench.matching [questions.jsonl ...]`; how well: see quality.py.

Figures are CPU time of one thread. The peer is brute force: rapidfuzz's WRatio of a question with every example question,
title and keyword, all normalised beforehand, the entry of the best one being the answer."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rapidfuzz import fuzz, process

from bot.knowledge.load import load_knowledge
from bot.matching import Matcher, evaluate, normalise
from bot.matching.evaluate import Line
from bot.model import City, Knowledge, Words
from tests.bench.table import percentile, table

FOLDER = Path(__file__).parents[2] / "knowledge"
CITY = "madrid"


class BruteForce:
    """The peer: the entry of the example that WRatio likes best."""

    def __init__(self, city: City) -> None:
        pairs = [(entry.id, text) for entry in city.entries.values() for words in entry.words.values() for text in texts_of(words)]
        self._owners = [entry_id for entry_id, _ in pairs]
        self._texts = [normalise(text) for _, text in pairs]

    def first(self, text: str) -> str:
        """Give the entry of the best of the three best examples."""
        best = process.extract(normalise(text), self._texts, scorer=fuzz.WRatio, limit=3)
        return self._owners[best[0][2]] if best else ""


def texts_of(words: Words) -> tuple[str, ...]:
    """List the examples of an entry in one language."""
    return (*words.questions, words.title, *words.keywords)


def cpu_ms(work: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    """Measure one call for each text, after a short warm-up."""
    for text in texts[:20]:
        work(text)
    times = []
    for text in texts:
        start = time.thread_time()
        work(text)
        times.append(1000 * (time.thread_time() - start))
    return times


def read(files: Sequence[Path], city: City) -> list[Line]:
    """Read the lines of this city in its languages."""
    lines: list[Line] = [json.loads(text) for file in files for text in file.read_text(encoding="utf-8").splitlines() if text.strip()]
    return [line for line in lines if line.get("city", CITY) == CITY and line["lang"] in city.languages]


def in_scope(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line["id"] and line["kind"] != "oos"]


def share_right(first: Callable[[str], str], lines: Sequence[Line]) -> float:
    """Measure how often the first entry is right, in per cent."""
    return 100 * sum(first(line["text"]) in {line["id"], *line.get("also", ())} for line in lines) / len(lines)


def speed(knowledge: Knowledge, lines: Sequence[Line]) -> str:
    """Compare CPU and right answers with the peer."""
    start, cpu = time.perf_counter(), time.process_time()
    ours = Matcher(knowledge)
    build_s, build_cpu_s = time.perf_counter() - start, time.process_time() - cpu
    peer = BruteForce(knowledge.cities[CITY])
    texts = [line["text"] for line in lines]
    mine, theirs = cpu_ms(lambda text: ours.understand(text, CITY, None), texts), cpu_ms(peer.first, texts)
    asked = in_scope(lines)
    right, peer_right = share_right(lambda text: ours.rank(text, CITY)[0].entry_id, asked), share_right(peer.first, asked)
    rows = [
        ("build, all of the knowledge", f"{build_s:.2f} s ({build_cpu_s:.2f} s CPU)"),
        ("one question, p50", f"{percentile(mine, 50):.2f} ms CPU"),
        ("one question, p99", f"{percentile(mine, 99):.2f} ms CPU"),
        ("WRatio over all examples, p50", f"{percentile(theirs, 50):.2f} ms CPU"),
        ("times faster (p50)", f"{percentile(theirs, 50) / percentile(mine, 50):.1f}"),
        ("right entry first", f"{right:.1f} %"),
        ("right entry first, WRatio", f"{peer_right:.1f} %"),
        ("times as often right", f"{right / peer_right:.2f}"),
    ]
    return table(f"matching: {len(lines)} texts, {len(asked)} of them questions", rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=[FOLDER / CITY / "questions.jsonl"])
    chosen = parser.parse_args()
    knowledge = load_knowledge(FOLDER)
    lines = read(chosen.files, knowledge.cities[CITY])
    print(speed(knowledge, lines))
    judged = evaluate.judge(lines, Matcher(knowledge), CITY)
    print("\n" + evaluate.table(evaluate.figures(judged)))


if __name__ == "__main__":
    main()

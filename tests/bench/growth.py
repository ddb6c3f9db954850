"""How time and memory grow with the examples: `python -m tests.bench.growth [--picture FILE]`.

One index is grown to 1,000, 10,000 and 100,000 example questions (those of six cities, then the same with words changed at random), five
to an entry. Asked for are indexed questions with a typo in a fifth of their words, so that the share found tells whether speed loses the
right entry. Each size runs in a process of its own. The ridge model works up to ranker.MAX_EXAMPLES; beyond, the nearest example counts."""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from bot.brain import give_back
from bot.knowledge.load import load_knowledge
from bot.matching import normalise
from bot.matching.finder import EntryFinder
from bot.matching.ranker import Example
from bot.matching.spelling import Spelling
from tests.bench.quality import KNOWLEDGE, SEED
from tests.bench.table import percentile, table
from tests.bench.typos import add_typos

SIZES = (1_000, 10_000, 100_000)
AIMS = {1_000: (1, 15, 0.5), 10_000: (2, 80, 3), 100_000: (5, 400, 20)}  # p50 in ms CPU, MiB, seconds to build
QUERIES, TYPOS, AN_ENTRY = 400, 0.2, 5


def grown(size: int) -> list[str]:
    """Return so many different questions."""
    chance = random.Random(SEED)
    knowledge = load_knowledge(KNOWLEDGE)
    real = sorted(
        {
            normalise(text)
            for city in knowledge.cities.values()
            for entry in city.entries.values()
            for words in entry.words.values()
            for text in words.questions
        }
        - {""}
    )
    chance.shuffle(real)
    words = [word for text in real for word in text.split()]
    texts = dict.fromkeys(real[:size])
    while len(texts) < size:
        changed = chance.choice(real).split()
        for _ in range(chance.choice((1, 2, 3))):
            changed[chance.randrange(len(changed))] = chance.choice(words)
        texts[" ".join(changed)] = None
    return list(texts)


def megabytes() -> float:
    """Return what the process holds now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 2**20


def measure(size: int) -> dict[str, float]:
    """Build an index of some size and ask it."""
    texts = grown(size)
    examples = [Example(number // AN_ENTRY, tuple(text.split())) for number, text in enumerate(texts)]
    ids = [str(number) for number in range(-(-len(texts) // AN_ENTRY))]
    before, start = megabytes(), time.perf_counter()
    finder, spelling = EntryFinder(ids, examples), Spelling(("", example.words) for example in examples)
    seconds = time.perf_counter() - start
    give_back()  # as is done when serving
    held = megabytes() - before
    chance = random.Random(SEED)
    asked = [chance.randrange(len(texts)) for _ in range(QUERIES)]
    repair = partial(spelling.repair, locales=("",))
    times, found = [], 0
    for number in asked:
        question = add_typos(texts[number], TYPOS, SEED)
        begin = time.thread_time()
        ranked = finder.rank(normalise(question).split(), repair=repair)
        times.append(1000 * (time.thread_time() - begin))
        found += bool(ranked) and ranked[0].entry_id == str(number // AN_ENTRY)
    return {
        "p50_ms": percentile(times, 50),
        "p99_ms": percentile(times, 99),
        "found": 100 * found / QUERIES,
        "mib": held,
        "build_s": seconds,
    }


def picture(figures: dict[int, dict[str, float]]) -> str:
    """Draw p50 and p99 over the size, both axes logarithmic."""
    left, top, wide, high = 60, 20, 300, 220

    def at(size: int, ms: float) -> tuple[float, float]:
        from math import log10

        return left + wide * (log10(size) - 3) / 2, top + high * (1 - (log10(max(ms, 0.1)) + 1) / 3)

    lines = []
    for name, colour in (("p50_ms", "#0a6c74"), ("p99_ms", "#b4541a")):
        points = [at(size, one[name]) for size, one in figures.items()]
        lines.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{x:.0f},{y:.0f}" for x, y in points)}"/>'
        )
        lines += [
            f'<text x="{x + 4:.0f}" y="{y - 6:.0f}" fill="{colour}" font-size="11">{one[name]:.1f} ms</text>'
            for (x, y), one in zip(points, figures.values(), strict=True)
        ]
    ticks = "".join(
        f'<text x="{at(size, 1)[0]:.0f}" y="{top + high + 18}" font-size="11" text-anchor="middle">{size:,}</text>' for size in figures
    )
    scale = "".join(
        f'<text x="{left - 6}" y="{at(1000, ms)[1] + 4:.0f}" font-size="11" text-anchor="end">{ms:g}</text>' for ms in (0.1, 1, 10, 100)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 440 290" font-family="sans-serif">'
        f'<rect width="440" height="290" fill="#fff"/>'
        f'<path d="M{left} {top}V{top + high}H{left + wide}" fill="none" stroke="#666"/>{scale}{ticks}{"".join(lines)}'
        f'<text x="{left + wide / 2:.0f}" y="{top + high + 38}" font-size="11" text-anchor="middle">example questions; CPU ms a question: '
        f"p50 and p99</text></svg>\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, help="one size, as JSON")
    parser.add_argument("--picture", type=Path, help="write the curve as SVG")
    chosen = parser.parse_args()
    if chosen.size:
        print(json.dumps(measure(chosen.size)))
        return
    figures: dict[int, dict[str, float]] = {}
    for size in SIZES:
        run = subprocess.run([sys.executable, "-m", __spec__.name, "--size", str(size)], capture_output=True, text=True, check=True)
        figures[size] = json.loads(run.stdout)
    rows = [
        (
            f"{size:,}",
            f"p50 {one['p50_ms']:.2f} ms (aim {AIMS[size][0]}), p99 {one['p99_ms']:.1f} ms, found {one['found']:.1f} %, "
            f"{one['mib']:.0f} MiB (aim {AIMS[size][1]}), built in {one['build_s']:.2f} s (aim {AIMS[size][2]})",
        )
        for size, one in figures.items()
    ]
    print(table("examples: CPU of a question, known questions found in spite of typos, memory, time to build", rows))
    if chosen.picture:
        chosen.picture.write_text(picture(figures), encoding="utf-8")


if __name__ == "__main__":
    main()

"""What the extra `semantic` gives and costs: `python -m tests.bench.semantic [--fit]`; it must be installed.

The light model and the fused one over the questions of the cities and the hard ones (see quality.py), counted as `dragoman eval`
does. On the cities' own questions each city is judged by odds that were fitted on the five others; on the hard ones, which nothing was
fitted on, by the odds that the bot has. `--fit` prints those anew. The first run learns what all sentences mean: some ten minutes."""

from __future__ import annotations

import argparse
import asyncio
import resource
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bot.brain import Shelf, ready_brain
from bot.matching import Matcher, matcher
from bot.matching.evaluate import Judged, Line, count, judge
from bot.matching.features import Floats
from bot.matching.finder import ELSEWHERE, Sentence
from bot.matching.semantic import FITTED, Likeness, Odds, fuse, signals
from bot.semantic import LONGEST, Encoder, load_encoder
from bot.sensing import Senses, Vectors, shelf_of
from tests.bench.quality import HARD, KNOWLEDGE, RESAMPLES, SEED, lines_of
from tests.bench.table import percentile, table
from tests.running import CACHE

WRONG = 0.04  # share of wrong answers up to which the constant is raised
BESIDE = 0.06  # share that texts about something else are given where an entry comes first: we know few of them, people write more
STEPS, SHRINK = 25, 2.0
TIMED = 400  # questions


class Recorder:
    """Hears questions whose vectors are known, and notes how the first entry of each stood."""

    def __init__(self, senses: Senses, vectors: Mapping[str, Floats]) -> None:
        self._senses, self._vectors = senses, vectors
        self.odds: Mapping[str, Odds] = {}
        self.noted: dict[tuple[str, str], tuple[str, Floats]] = {}
        self._now = ("", "")

    def sensing(self, text: str, city: str) -> Likeness | None:
        self._now = (text, city)
        sense = self._senses.of(city)
        return sense.likeness(self._vectors[text]) if sense else None

    def fuse(self, total: Floats, chances: Floats, likeness: Likeness) -> tuple[Floats, Floats]:
        fused, found = fuse(total, chances, likeness, self.odds.get(self._now[1], FITTED))
        first = int(fused.argmax())
        self.noted[self._now] = (likeness.ids[first], signals(fused, chances, likeness)[first])
        return fused, found

    @contextmanager
    def listening(self, odds: Mapping[str, Odds]) -> Iterator[None]:
        """Take the place of the fusion."""
        self.odds, own = odds, matcher.fuse
        matcher.fuse = self.fuse  # type: ignore[assignment]  # one argument less
        try:
            yield
        finally:
            matcher.fuse = own


def fit(judged: Sequence[Judged], noted: Mapping[tuple[str, str], tuple[str, Floats]]) -> Odds:
    """Fit the odds that the first entry is right by Newton's method, shrunk a little towards zero."""
    features, right, beside = [], [], []
    for one in judged:
        entry, found = noted.get((one.line["text"], one.city), ("", None))
        if found is not None and not one.is_crisis and not entry.startswith(ELSEWHERE):
            features.append(found)
            right.append(entry in one.right_ids)
            beside.append(one.is_helpless)
    rows, hits = np.array(features, dtype=np.float64), np.array(right, dtype=np.float64)
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    design = np.hstack([(rows - mean) / spread, np.ones((len(rows), 1))])
    others = np.array(beside)
    importance = np.where(others, BESIDE / max(float(others.mean()), 1e-6), (1 - BESIDE) / (1 - others.mean()))
    weights = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        curvature = (design * (importance * chance * (1 - chance))[:, None]).T @ design + SHRINK * np.eye(len(weights))
        weights += np.linalg.solve(curvature, design.T @ (importance * (hits - chance)) - SHRINK * weights)
    scaled = weights[:-1] / spread
    return Odds(tuple(round(float(weight), 3) for weight in scaled), round(float(weights[-1] - scaled @ mean), 3))


def raised(odds: Odds, by: float) -> Odds:
    return Odds(odds.weights, round(odds.constant + by, 3))


def cross_fitted(lines: Sequence[Line], fused: Matcher, recorder: Recorder) -> tuple[list[Judged], Odds]:
    """Judge each city by odds fitted on the others; give the odds fitted on all, raised as far as may be."""
    with recorder.listening({}):
        judged = judge(lines, fused)
    noted = dict(recorder.noted)
    cities = {one.city for one in judged}
    others = {city: fit([one for one in judged if one.city != city], noted) for city in cities}
    least, most = 0, 40  # twentieths: the greatest that keeps wrong answers few enough, found by halving
    found = judged
    while least < most:
        steps = (least + most + 1) // 2
        with recorder.listening({city: raised(odds, steps / 20) for city, odds in others.items()}):
            tried = judge(lines, fused)
        wrong = count(tried).wrong
        if wrong.hits <= WRONG * wrong.total:
            least, found = steps, tried
        else:
            most = steps - 1
    return found, raised(fit(judged, noted), least / 20)


def row(name: str, judged: Sequence[Judged]) -> tuple[str, str]:
    """Write the figures of a set in one line."""
    found = count(judged)
    return name, (
        f"first {found.first}  right {found.answered_right}  offered {found.offered}  wrong {found.wrong}  "
        f"refused {found.refused}  answered {found.answered}"
    )


def hits(judged: Sequence[Judged]) -> Floats:
    """Say which questions have the right entry first, as `dragoman eval` counts it."""
    return np.array([one.outcome in ("answer", "suggest") and one.is_first_right for one in judged if one.in_scope], dtype=np.float32)


def gain(light: Sequence[Judged], fused: Sequence[Judged]) -> str:
    """Bound the paired difference at first place, in points."""
    difference, random = hits(fused) - hits(light), np.random.default_rng(SEED)
    means = [difference[random.integers(0, len(difference), len(difference))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{100 * difference.mean():+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def groups(light: Sequence[Judged], fused: Sequence[Judged], name: str, of: Callable[[Judged], str]) -> list[tuple[str, str]]:
    """Compare first places by language or kind."""
    rows = []
    for group in sorted({of(one) for one in light if one.in_scope}):
        before, after = (hits([one for one in judged if of(one) == group]) for judged in (light, fused))
        rows.append((f"{name} {group}", f"{100 * before.mean():5.1f} -> {100 * after.mean():5.1f}  of {len(before)}"))
    return rows


def language(one: Judged) -> str:
    return one.line["lang"]


def kind(one: Judged) -> str:
    return one.line["kind"]


def resident_mb() -> float:
    """Read how much memory this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def costs(encoder: Encoder, senses: Senses, lines: Sequence[Line]) -> list[tuple[str, str]]:
    """Time questions one by one."""
    chosen = lines[:: max(1, len(lines) // TIMED)]
    heard, compared = [], []
    for line in chosen:
        begun = time.perf_counter()
        vector = encoder.encode([line["text"][:LONGEST]])[0]
        between = time.perf_counter()
        if sense := senses.of(line["city"]):
            sense.likeness(vector)
        heard.append(1e3 * (between - begun))
        compared.append(1e3 * (time.perf_counter() - between))
    return [
        ("vector of a question, ms p50 / p99", f"{percentile(heard, 50):.1f} / {percentile(heard, 99):.1f}"),
        ("comparing it, ms p50 / p99", f"{percentile(compared, 50):.2f} / {percentile(compared, 99):.2f}"),
    ]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fit", action="store_true")
    wanted = parser.parse_args()
    shelf = Shelf(CACHE)
    light = ready_brain(KNOWLEDGE, shelf).matcher
    before, begun = resident_mb(), time.perf_counter()
    encoder, senses = load_encoder(), Senses(KNOWLEDGE, shelf)
    if encoder is None:
        print("the extra semantic is not installed: pip install --require-hashes -r requirements.txt -r requirements-semantic.txt")
        return 0
    if not senses.load():
        asyncio.run(learn(senses))
        senses.load()
    loaded, own, hard = time.perf_counter() - begun, lines_of(*sorted(KNOWLEDGE.glob("*/questions.jsonl"))), lines_of(HARD)
    print(table("Costs", [*costs(encoder, senses, own), *(("hard: " + name, figure) for name, figure in costs(encoder, senses, hard))]))
    print(table("", [("memory beside the light model, MB", f"{resident_mb() - before:.0f}"), ("loaded within, s", f"{loaded:.2f}")]))
    recorder = Recorder(senses, vectors_of([*own, *hard], shelf_of(KNOWLEDGE, shelf), encoder))
    fused = light.with_senses(recorder.sensing)
    own_light, hard_light = judge(own, light), judge(hard, light)
    own_fused, odds = cross_fitted(own, fused, recorder)
    if wanted.fit:
        print(odds)
    with recorder.listening({}):
        hard_fused = judge(hard, fused)
    rows = [row("own, light", own_light), row("own, fused", own_fused), row("hard, light", hard_light), row("hard, fused", hard_fused)]
    print(table("Questions", [*rows, ("own, first", gain(own_light, own_fused)), ("hard, first", gain(hard_light, hard_fused))]))
    print(table("Own questions, first", [*groups(own_light, own_fused, "lang", language), *groups(own_light, own_fused, "kind", kind)]))
    print(table("Hard questions, first", groups(hard_light, hard_fused, "kind", kind)))
    return 0


def vectors_of(lines: Sequence[Line], shelf: Shelf, encoder: Encoder) -> dict[str, Floats]:
    """Turn questions into vectors, kept for the next run."""
    texts = sorted({line["text"] for line in lines})
    rows = Vectors(shelf, encoder).of("questions", [Sentence("", text[:LONGEST], 1.0) for text in texts])
    return dict(zip(texts, rows, strict=True))


async def learn(senses: Senses) -> None:
    """Learn what the sentences mean and say how long it takes."""
    begun = time.perf_counter()
    async for slug in senses.learn():
        print(f"  {slug} after {time.perf_counter() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())

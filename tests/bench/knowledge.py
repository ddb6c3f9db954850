"""Six cities: building what is learnt, starting from it, memory, a change while running: `python -m tests.bench.knowledge`."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from bot.brain import Brain, Shelf, learn, ready_brain
from tests.bench.table import table
from tests.running import ROOT, Bot

CHANGES = (  # file, old, new: a sentence of an answer, and a question to learn from
    ("graz/uk/egov.yaml", "answer: |\n", "answer: |\n    Нове речення.\n"),
    ("graz/de/egov.yaml", "  questions:\n", '  questions:\n    - "ganz neue frage zum ausweis"\n'),
)


def serve(folder: Path, name: str) -> tuple[float, float, float]:
    """Return the seconds until /health answers and until a question is answered, and the megabytes resident then."""
    bot = Bot(folder / name, CACHE_DIR=str(folder / "cache"), KNOWLEDGE_DIR=str(folder / "knowledge"))
    begun = time.perf_counter()
    live = bot.start(60)
    while _building(bot) or (name == "cold" and bot.log.read_text().count("knowledge replaced") < 1):
        time.sleep(0.02)
    ready = time.perf_counter() - begun
    resident = _resident(bot.pid)
    bot.stop()
    return live, ready, resident


def _building(bot: Bot) -> bool:
    """Say whether the poster of an entry, which is made from the knowledge, is not there yet."""
    try:
        with urllib.request.urlopen(f"{bot.url}/poster/graz/egov/meldezettel", timeout=5) as answer:
            return bool(answer.status != 200)
    except OSError:
        return True


def _resident(pid: int) -> float:
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


async def changes(folder: Path, known: Brain) -> list[tuple[str, str]]:
    """Measure how soon a change is live and for how long nobody else had the loop meanwhile."""
    rows, gaps, is_over = [], [0.0], False

    async def tick() -> None:
        last = time.perf_counter()
        while not is_over:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    ticking = asyncio.create_task(tick())
    for file, old, new in CHANGES:
        path = folder / "knowledge" / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
        begun = time.perf_counter()
        gaps.clear()
        after = []
        async for newer in learn(folder / "knowledge", Shelf(folder / "cache"), known):
            known = newer
            after.append(f"{time.perf_counter() - begun:.2f}")
        rows.append((f"{file}: words live, found by new words after", f"{' s, '.join(after)} s"))
        rows.append(("  longest time in which nobody else had the loop", f"{max(gaps) * 1000:.0f} ms"))
    is_over = True
    await ticking
    return rows


def main() -> int:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "knowledge", folder / "knowledge")
        begun = time.perf_counter()
        known = ready_brain(folder / "knowledge", Shelf(folder / "cache"))
        rows = [("built from nothing", f"{time.perf_counter() - begun:.1f} s")]
        live, ready, resident = serve(folder, "warm")
        rows.append(("serve, from the shelf: /health, answers, resident", f"{live:.2f} s, {ready:.2f} s, {resident:.0f} MiB"))
        rows += asyncio.run(changes(folder, known))
        shutil.rmtree(folder / "cache")
        live, ready, resident = serve(folder, "cold")
        rows.append(("serve, nothing on the shelf: /health, answers, resident", f"{live:.2f} s, {ready:.2f} s, {resident:.0f} MiB"))
        print(table("six cities, 173 entries, 14 languages", rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())

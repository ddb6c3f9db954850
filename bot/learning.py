"""The process that reads a knowledge folder and learns from it: sets its own limits, writes parts on the shelf, says which, ends.

It prints two lines of JSON, each as soon as its parts are there: those of the knowledge, then those of the matcher."""

from __future__ import annotations

import contextlib
import gc
import json
import multiprocessing
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from bot.brain import Shelf, file_of, folder_state, knowledge_parts
from bot.errors import KnowledgeError
from bot.knowledge.faults import FAULT, encode_fault
from bot.knowledge.load import load_common, load_knowledge
from bot.matching.lexicon import Lexicon
from bot.matching.matcher import COMMON_PARTS, LEXICON, Recipe, lexicon_words, recipes
from bot.model import Knowledge

NICE = 5  # steps by which answering goes before learning


def main(folder: str, shelf_folder: str, cpu_s: str, max_bytes: str) -> int:
    """Build under the limits and return the exit code."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s), int(cpu_s) + 1))
    resource.setrlimit(resource.RLIMIT_AS, (int(max_bytes), int(max_bytes)))
    os.nice(NICE)
    gc.disable()  # nothing here is thrown away before the end
    try:
        _build(Path(folder), Shelf(Path(shelf_folder)))
    except KnowledgeError as error:
        print(encode_fault(error).decode(), flush=True)
        return FAULT
    return 0


def _build(folder: Path, shelf: Shelf) -> None:
    state = folder_state(folder)
    with _head_start(folder, shelf):
        knowledge = load_knowledge(folder)
        parts: dict[str, str] = {}
        for name, part in knowledge_parts(knowledge):
            parts[name] = file_of(name, repr(part).encode())
            shelf.keep_part(parts[name], part)
        print(json.dumps(parts), flush=True)
        learnt = _learn(_recipes(knowledge, shelf), shelf)
    shelf.list_parts(folder, state, parts | learnt)
    print(json.dumps(learnt), flush=True)


@contextlib.contextmanager
def _head_start(folder: Path, shelf: Shelf) -> Iterator[None]:
    """Where nothing is known yet, a second process makes what needs no city while this one reads the cities.

    What it does not manage is made with the rest."""
    if _processors() < 2 or shelf.last(folder):
        yield
        return
    ahead = multiprocessing.get_context("fork").Process(target=_learn_common, args=(folder, shelf))
    ahead.start()
    try:
        yield
    finally:
        ahead.join()


def _learn_common(folder: Path, shelf: Shelf) -> None:
    if common := load_common(folder):
        for recipe in _recipes(common, shelf):
            if recipe.name in COMMON_PARTS:
                _make(recipe, shelf)


def _recipes(knowledge: Knowledge, shelf: Shelf) -> list[Recipe]:
    file = file_of(LEXICON, lexicon_words(knowledge))
    return recipes(knowledge, cast(Lexicon, shelf.read(file)) if shelf.has(file) else None)


def _processors() -> int:
    return len(os.sched_getaffinity(0))


def _learn(wanted: Sequence[Recipe], shelf: Shelf) -> dict[str, str]:
    """Make the parts that are not on the shelf, the longest work first and last what has a head start; all words are read by one process.

    Several large matrices are multiplied side by side, each by one processor; a single one by all of them, which is faster."""
    files = {f"matcher/{recipe.name}": _file(recipe) for recipe in wanted}
    todo = [recipe for recipe in wanted if not shelf.has(files[f"matcher/{recipe.name}"])]
    todo.sort(key=lambda recipe: (recipe.name in COMMON_PARTS, not recipe.is_heavy, -len(recipe.made_from)))
    readers = [recipe for recipe in todo if recipe.reads_all]
    processors, heavy = _processors(), sum(recipe.is_heavy for recipe in todo)
    together = [*([readers] if readers else []), *([recipe] for recipe in todo if not recipe.reads_all)]
    _work.extend((some, shelf) for some in together)
    if processors > 1 and len(_work) > 1:
        with multiprocessing.get_context("fork").Pool(processors, threadpool_limits, (1 if heavy > 1 else processors,)) as pool:
            pool.map(_make_some, range(len(_work)), chunksize=1)
    else:
        for recipe in todo:
            _make(recipe, shelf)
    return files


_work: list[tuple[Sequence[Recipe], Shelf]] = []  # processes forked from this one find here what to do


def _make_some(number: int) -> None:
    some, shelf = _work[number]
    for recipe in some:
        _make(recipe, shelf)


def _make(recipe: Recipe, shelf: Shelf) -> None:
    if not shelf.has(file := _file(recipe)):
        shelf.keep_part(file, recipe.make())


def _file(recipe: Recipe) -> str:
    return file_of(recipe.name, recipe.made_from)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

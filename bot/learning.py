"""The process that reads a knowledge folder and learns from it: sets its own limits, writes parts on the shelf, says which, ends.

It prints two lines of JSON, each as soon as its parts are there: those of the knowledge, then those of the matcher."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from bot.brain import Shelf, file_of, folder_state, knowledge_parts
from bot.errors import KnowledgeError
from bot.knowledge.faults import FAULT, encode_fault
from bot.knowledge.load import load_knowledge
from bot.matching.matcher import SAFETY, Recipe, recipes

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
    knowledge = load_knowledge(folder)
    parts: dict[str, str] = {}
    for name, part in knowledge_parts(knowledge):
        parts[name] = file_of(name, repr(part).encode())
        shelf.keep_part(parts[name], part)
    print(json.dumps(parts), flush=True)
    learnt = _learn(recipes(knowledge), shelf)
    shelf.list_parts(folder, state, parts | learnt)
    print(json.dumps(learnt), flush=True)


def _learn(wanted: Sequence[Recipe], shelf: Shelf) -> dict[str, str]:
    """Make the parts that are not on the shelf, the longest work first.

    Several large matrices are multiplied side by side, each by one processor; a single one by all of them, which is faster."""
    files = {f"matcher/{recipe.name}": file_of(recipe.name, recipe.made_from) for recipe in wanted}
    todo = [recipe for recipe in wanted if not (shelf.folder / files[f"matcher/{recipe.name}"]).exists()]
    todo.sort(key=lambda recipe: (recipe.name != SAFETY, not recipe.is_heavy, -len(recipe.made_from)))
    processors, heavy = len(os.sched_getaffinity(0)), sum(recipe.is_heavy for recipe in todo)
    _work.extend((recipe, shelf) for recipe in todo)
    if processors > 1 and len(todo) > 1:
        with multiprocessing.get_context("fork").Pool(processors, threadpool_limits, (1 if heavy > 1 else processors,)) as pool:
            pool.map(_make, range(len(todo)), chunksize=1)
    else:
        for number in range(len(todo)):
            _make(number)
    return files


_work: list[tuple[Recipe, Shelf]] = []  # processes forked from this one find here what to do


def _make(number: int) -> None:
    recipe, shelf = _work[number]
    shelf.keep_part(file_of(recipe.name, recipe.made_from), recipe.make())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""The process that reads a knowledge folder and learns from it: sets its own limits, writes parts on the shelf, says which, ends.

It prints two lines of JSON, each as soon as its parts are there: those of the knowledge, then those of the matcher."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bot.brain import Shelf, file_of, folder_state, knowledge_parts
from bot.errors import KnowledgeError
from bot.knowledge.aside import FAULT, encode_fault
from bot.knowledge.load import load_knowledge
from bot.matching.matcher import Recipe, recipes

MAX_BYTES = 4 << 30  # of address space a building process may take

_todo: dict[str, Recipe] = {}  # what is to be built; processes forked from this one find it here
_shelves: list[Shelf] = []


def main(folder: str, shelf_folder: str, cpu_s: str) -> int:
    """Build under the limits and return the exit code."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s), int(cpu_s) + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
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
    shelf.list_parts(state, parts | learnt)
    print(json.dumps(learnt), flush=True)


def _learn(wanted: Sequence[Recipe], shelf: Shelf) -> dict[str, str]:
    files = {f"matcher/{recipe.name}": file_of(recipe.name, recipe.made_from) for recipe in wanted}
    _shelves.append(shelf)
    _todo.update({files[f"matcher/{one.name}"]: one for one in wanted if not (shelf.folder / files[f"matcher/{one.name}"]).exists()})
    workers = min(len(os.sched_getaffinity(0)), len(_todo))
    if workers > 1:
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork")) as pool:
            list(pool.map(_make, sorted(_todo, key=lambda file: -len(_todo[file].made_from))))
    else:
        for file in _todo:
            _make(file)
    return files


def _make(file: str) -> None:
    _shelves[0].keep_part(file, _todo[file].make())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

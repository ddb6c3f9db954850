"""The page of threats names tests that exist, and dependencies are pinned."""

from __future__ import annotations

import ast
import re

from tests.running import ROOT

PAGE = ROOT / "docs" / "THREATS.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_test_of_the_page_exists() -> None:
    named = NAMED.findall(PAGE.read_text(encoding="utf-8"))
    assert len(named) > 30
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in found, f"{file}::{name}"


def test_every_threat_names_a_test_and_the_page_is_one_page() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ")][1:]
    assert len(rows) >= 20
    assert [row for row in rows if not NAMED.search(row) or row.count("|") != 4] == []
    assert len(lines) <= 45


def test_every_test_of_this_folder_is_named_or_stands_behind_one() -> None:
    """A file of this folder that the page does not lead to would be forgotten."""
    page = PAGE.read_text(encoding="utf-8")
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "security").glob("test_*.py")}
    assert {file for file in files if file not in page} == set()


def test_every_dependency_is_pinned_by_its_hash() -> None:
    for file in ("requirements.txt", "requirements-dev.txt"):
        text = re.sub(r"\\\n", " ", (ROOT / file).read_text(encoding="utf-8"))
        lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
        assert len(lines) > 20
        assert [line for line in lines if not re.match(r"[A-Za-z0-9._-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []

"""Notices about some entries, and about a whole city."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.knowledge.check import check
from bot.knowledge.load import load_knowledge
from bot.model import Alert
from tests.knowledge.folders import good_files, write

TODAY = date(2026, 11, 28)
DAYS = "from: 2026-11-20, until: 2026-12-01"


def test_a_notice_is_about_entries_or_about_the_whole_city(tmp_path: Path) -> None:
    old = f"- {{entries: [egov.padron], {DAYS}, text: {{es: Cerrado.}}}}\n"
    new = f"- {{city: yes, {DAYS}, text: {{es: Huelga.}}}}\n"
    folder = write(tmp_path, good_files() | {"madrid/alerts.yaml": old + new})
    assert check(folder, TODAY).as_text() == "0 errors, 0 warnings"
    start, end = date(2026, 11, 20), date(2026, 12, 1)
    assert load_knowledge(folder).cities["madrid"].alerts == (
        Alert(("egov.padron",), start, end, {"es": "Cerrado."}),
        Alert((), start, end, {"es": "Huelga."}, everywhere=True),
    )


@pytest.mark.parametrize("about", ["", "city: no, ", "city: yes, entries: [egov.padron], ", "city: null, ", "entries: [], "])
def test_a_notice_about_nothing_or_about_both_is_a_fault(about: str, tmp_path: Path) -> None:
    folder = write(tmp_path, good_files() | {"madrid/alerts.yaml": f"- {{{about}{DAYS}, text: {{es: Cerrado.}}}}\n"})
    (fault, *others) = check(folder, TODAY).errors
    assert (fault.where.file, others) == ("madrid/alerts.yaml", [])

"""Confirmations in files: exactly one place changes, whatever way the file is written; what would change more is refused."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import date
from difflib import ndiff
from pathlib import Path

import pytest

from bot.errors import KnowledgeError
from bot.knowledge.hashes import facts_hash, wording_hash, words_hash
from bot.knowledge.load import load_knowledge
from bot.knowledge.stamp import Stamp, missing_stamps, stamped
from bot.knowledge.sure import facts_confirmed, is_machine_worded, is_outdated, words_confirmed
from bot.knowledge.write import write_stamps
from bot.model import Confirmation, Fact
from tests.dialogue.world import MADRID, NIE, PADRON
from tests.running import ROOT

ANA = Confirmation(date(2026, 11, 28), 'Ana "Nené" López: city')
FACTS = Stamp("madrid/egov.yaml", "egov.nie", "", ANA)
WORDS = Stamp("madrid/ar/egov.yaml", "egov.nie", "ar", ANA)
ON = '{on: "2026-11-28", by: "Ana \\"Nené\\" López: city"}'
BY = '"Ana \\"Nené\\" López: city"'


def changed(before: str, after: str) -> list[str]:
    """Return the lines that went and came."""
    return [line for line in ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True)) if line[0] in "-+"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "nie:\n  status: published\n  checked: null # nobody\n  facts: {}\n",
            f"nie:\n  status: published\n  checked: {ON} # nobody\n  facts: {{}}\n",
        ),
        ("nie:\n  status: published\n  checked:\n  facts: {}\n", f"nie:\n  status: published\n  checked: {ON}\n  facts: {{}}\n"),
        ("nie:\n  status: published   # live\n  facts: {}\n", f"nie:\n  status: published   # live\n  checked: {ON}\n  facts: {{}}\n"),
        ("nie:\r\n    status: published\r\n", f"nie:\r\n    status: published\r\n    checked: {ON}\r\n"),
        ("nie:\n  status: published", f"nie:\n  status: published\n  checked: {ON}"),
        ("nie: {status: published, checked: ~}\n", f"nie: {{status: published, checked: {ON}}}\n"),
        ("nie: {status: published}\n", f"nie: {{status: published, checked: {ON}}}\n"),
        ("nie:\n  checked: {by: x, on: 2025-01-01}\n", f'nie:\n  checked: {{by: {BY}, on: "2026-11-28"}}\n'),
        ("nie:\n  checked:\n    on: '2025-01-01'  # then\n    by: x\n", f'nie:\n  checked:\n    on: "2026-11-28"  # then\n    by: {BY}\n'),
        ("\ufeffعربي: 😀\nnie: {checked: null}\n", f"\ufeffعربي: 😀\nnie: {{checked: {ON}}}\n"),
    ],
)  # fmt: skip
def test_the_facts_of_an_entry_are_confirmed_in_one_place(before: str, after: str) -> None:
    assert stamped(before, FACTS) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "nie:\n  answer: |\n    {checked_by: null}\n  wording: {by: machine, of: es, hash: null, checked_by: null}\n",
            f"nie:\n  answer: |\n    {{checked_by: null}}\n  wording: {{by: machine, of: es, hash: null, checked_by: {BY}}}\n",
        ),
        ("nie:\n  wording: {by: machine, of: es}\n", f"nie:\n  wording: {{by: machine, of: es, checked_by: {BY}}}\n"),
        (
            "nie:\n  wording:\n    by: machine\n    of: es\n",
            f"nie:\n  wording:\n    by: machine\n    checked_by: {BY}\n    of: es\n",
        ),
    ],
)
def test_a_wording_is_confirmed_in_one_place(before: str, after: str) -> None:
    assert stamped(before, WORDS) == after


def test_what_is_not_there_or_not_yaml_is_refused() -> None:
    for text in ("", "other: {status: draft}\n", "- nie\n", "nie: [\n", "nie: text\n"):
        with pytest.raises(KnowledgeError):
            stamped(text, FACTS)
    with pytest.raises(KnowledgeError, match="wording"):
        stamped("nie: {title: x}\n", WORDS)


def test_every_entry_of_every_city_can_be_confirmed_and_only_its_line_changes() -> None:
    folder = ROOT / "knowledge"
    for city in load_knowledge(folder).cities.values():
        for entry in city.entries.values():
            for locale in ("", *entry.words):
                file = f"{city.slug}/{locale}/{entry.topic}.yaml" if locale else f"{city.slug}/{entry.topic}.yaml"
                text = (folder / file).read_bytes().decode()
                lines = changed(text, stamped(text, Stamp(file, entry.id, locale, ANA)))
                assert len(lines) == 2, (file, entry.id)
                assert all("checked" in line for line in lines), (file, entry.id)


# ---------------------------------------------------------------- how sure an entry is

KEY = ("madrid", "egov.nie", "")


def test_the_hash_of_the_facts_covers_what_a_contact_relies_on() -> None:
    places = MADRID.places
    first = facts_hash(PADRON, places)
    others = (
        replace(PADRON, facts={"line": Fact("short", "011")}),
        replace(PADRON, steps=("x",)),
        replace(PADRON, needs=()),
        replace(PADRON, audience=("everyone",)),
        replace(PADRON, places=("hall",)),
    )
    assert all(facts_hash(other, places) != first for other in others)
    for change in ({"phone": "+34 914 800 011"}, {"address": "x"}, {"hours": "Mo 10:00-11:00"}, {"languages": ("en",)}):
        moved = {**places, "night": replace(places["night"], **change)}
        assert facts_hash(PADRON, moved) != first
    untouched = replace(PADRON, checked=ANA, review_by=ANA.on, sources=(), related=(), words={}, owner="city")
    assert facts_hash(untouched, places) == first


def test_a_confirmation_holds_while_its_hash_does_and_the_later_day_wins() -> None:
    given = {KEY: {facts_hash(NIE, MADRID.places): ANA}}
    assert facts_confirmed(NIE, MADRID, {}) is None
    assert facts_confirmed(NIE, MADRID, given) == ANA
    assert facts_confirmed(replace(NIE, facts={}), MADRID, given) is None
    early, late = Confirmation(date(2026, 1, 1), "Bo"), Confirmation(date(2026, 12, 1), "Bo")
    assert facts_confirmed(replace(NIE, checked=early), MADRID, given) == ANA
    assert facts_confirmed(replace(NIE, checked=late), MADRID, given) == late
    assert facts_confirmed(replace(NIE, checked=late), MADRID, {}) == late


def test_a_confirmation_that_was_written_into_the_file_ends_with_the_fact_as_well() -> None:
    given = {KEY: {facts_hash(NIE, MADRID.places): ANA}}
    exported = replace(NIE, checked=ANA)
    assert facts_confirmed(exported, MADRID, given) == ANA
    assert facts_confirmed(replace(exported, facts={}), MADRID, given) is None
    by_hand = Confirmation(ANA.on, "Bo")
    assert facts_confirmed(replace(exported, facts={}, checked=by_hand), MADRID, given) == by_hand


def test_words_are_checked_while_they_stay_and_a_translation_is_outdated_until_it_is_read_again() -> None:
    key = ("madrid", "egov.nie", "ar")
    assert is_machine_worded(NIE, MADRID, "ar", {})
    translated = replace(NIE.words["ar"], wording=replace(NIE.words["ar"].wording, of="es", hash=words_hash(NIE.words["es"])))
    entry = replace(NIE, words={**NIE.words, "ar": translated})
    given = {key: {wording_hash(entry, "ar"): ANA}}
    assert words_confirmed(entry, MADRID, "ar", given) == ANA.by
    assert not is_machine_worded(entry, MADRID, "ar", given)
    assert not is_outdated(entry, MADRID, "ar", given)
    source = replace(entry.words["es"], answer="Otra cosa.")
    moved = replace(entry, words={**entry.words, "es": source})
    assert not is_machine_worded(moved, MADRID, "ar", given)  # a person has read these very words
    assert is_outdated(moved, MADRID, "ar", given)
    assert not is_outdated(moved, MADRID, "ar", {key: {wording_hash(moved, "ar"): ANA}})
    rewritten = replace(
        entry, words={**entry.words, "ar": replace(translated, answer="x", wording=replace(translated.wording, checked_by=ANA.by))}
    )
    assert words_confirmed(rewritten, MADRID, "ar", given) is None


# ---------------------------------------------------------------- into the folder


def folder_of(tmp_path: Path) -> Path:
    """Copy the real Madrid, whose files are written in every way there is."""
    for source in [*(ROOT / "knowledge").glob("*.yaml"), *(ROOT / "knowledge" / "madrid").rglob("*.yaml")]:
        target = tmp_path / source.relative_to(ROOT / "knowledge")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    return tmp_path


def test_what_holds_is_written_once_with_the_mode_of_the_file(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    knowledge = load_knowledge(folder)
    madrid = knowledge.cities["madrid"]
    entry = madrid.entries["egov.nie"]
    file = folder / "madrid/egov.yaml"
    file.chmod(0o640)
    given = {
        ("madrid", "egov.nie", ""): {"gone": replace(ANA, by="Bo"), facts_hash(entry, madrid.places): ANA},
        ("madrid", "egov.nie", "ar"): {wording_hash(entry, "ar"): ANA},
        ("madrid", "egov.clave", ""): {"gone": ANA},
        ("nowhere", "egov.nie", ""): {"gone": ANA},
    }
    before = file.read_text()
    written, faults = write_stamps(folder, missing_stamps(knowledge, given))
    assert ([stamp.file for stamp in written], faults) == (["madrid/ar/egov.yaml", "madrid/egov.yaml"], ())
    assert len(changed(before, file.read_text())) == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert not list(folder.rglob(".*"))
    again = load_knowledge(folder)
    assert again.cities["madrid"].entries["egov.nie"].checked == ANA
    assert again.cities["madrid"].entries["egov.nie"].words["ar"].wording.checked_by == ANA.by
    assert list(missing_stamps(again, given)) == []
    assert facts_hash(again.cities["madrid"].entries["egov.nie"], madrid.places) == facts_hash(entry, madrid.places)


def test_a_file_that_cannot_be_written_is_named_and_stays(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "madrid/egov.yaml").unlink()
    (folder / "madrid/egov.yaml").symlink_to(folder / "madrid/places.yaml")
    before = (folder / "madrid/places.yaml").read_bytes()
    written, faults = write_stamps(folder, [FACTS, Stamp("madrid/none.yaml", "none.x", "", ANA)])
    assert written == ()
    assert [fault.file for fault in faults] == ["madrid/egov.yaml", "madrid/none.yaml"]
    assert (folder / "madrid/places.yaml").read_bytes() == before

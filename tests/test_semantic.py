"""The extra `semantic`: the light model answers without it; with it questions are understood by meaning, and nobody waits for that."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot import app, semantic
from bot.brain import Shelf, ready_brain
from bot.config import Settings
from bot.matching.features import Floats
from bot.semantic import Ear, Encoder, encoder_name, load_encoder
from bot.sensing import Senses, make, shelf_of
from tests.knowledge.folders import good_files, write
from tests.running import ROOT, Bot

ELSEWHERE_SAID = "Where do I tell the town hall that I live here?"  # in no language of the small folder, with no word of it

QUESTIONS = (
    "[cómo me empadrono, dónde digo al ayuntamiento que vivo aquí, necesito el padrón, quiero registrar mi domicilio, "
    "he cambiado de casa, certificado de empadronamiento, pedir cita para empadronarme, dar de alta mi dirección]"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small city whose questions are what people ask."""
    files = dict(good_files())
    files["madrid/es/egov.yaml"] = files["madrid/es/egov.yaml"].replace("[uno, dos, tres, cuatro, cinco, seis, siete, ocho]", QUESTIONS)
    assert QUESTIONS in files["madrid/es/egov.yaml"]
    return write(tmp_path / "knowledge", files)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


@pytest.fixture
def settings(folder: Path, shelf: Shelf) -> Settings:
    return Settings(_env_file=None, knowledge_dir=folder, cache_dir=shelf.folder, semantic="auto")  # type: ignore[call-arg]  # a setting of pydantic itself


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    found = load_encoder()
    if found is None:
        pytest.skip("the extra semantic is not installed: pip install --require-hashes -r requirements.txt -r requirements-semantic.txt")
    return found


class Counting:
    """The encoder, and what it was asked."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self.name = encoder, encoder.name
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Floats:
        self.asked += texts
        return self._encoder.encode(texts)


def dragoman(command: str | Sequence[str], folder: Path, shelf: Shelf, **settings: str) -> str:
    """Run a command of the program; returns what it said."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DRAGOMAN_")}
    settings |= {"KNOWLEDGE_DIR": str(folder), "CACHE_DIR": str(shelf.folder)}
    environment = inherited | {f"DRAGOMAN_{name}": value for name, value in settings.items()}
    words = [command] if isinstance(command, str) else command
    done = subprocess.run([sys.executable, "-m", "bot", *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---------------------------------------------------------------- without it


def test_the_light_model_answers_where_the_package_is_missing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semantic, "PACKAGE", "a_package_that_nobody_has")
    assert encoder_name() is None
    assert load_encoder.__wrapped__() is None
    assert app.senses_of(settings) is None
    assert app.load_brain(settings).matcher.understand("como me empadrono", "madrid", "es").matches[0].entry_id == "egov.padron"


def test_the_light_model_answers_where_the_package_does_not_load(
    settings: Settings, folder: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, semantic.PACKAGE, None)  # type: ignore[arg-type]  # an import of it fails
    assert load_encoder.__wrapped__() is None
    senses = Senses(folder, shelf)
    assert not senses.load()
    assert senses.likeness_now("como me empadrono", "madrid") is None
    assert app.load_brain(settings).matcher.understand("como me empadrono", "madrid", "es").matches[0].entry_id == "egov.padron"


def test_it_can_be_switched_off(settings: Settings) -> None:
    assert app.senses_of(settings.model_copy(update={"semantic": "off"})) is None


async def test_the_service_goes_on_without_an_ear(folder: Path, shelf: Shelf) -> None:
    senses = Senses(folder, shelf)
    await senses.hear("hola")
    assert senses.likeness("hola", "madrid") is None
    await senses.close()


def test_learning_without_it_is_learning_words(folder: Path, shelf: Shelf) -> None:
    assert dragoman("learn", folder, shelf, SEMANTIC="off") == "words of every city\n"


# ---------------------------------------------------------------- with it


def learnt(folder: Path, shelf: Shelf, encoder: Encoder) -> Senses:
    place = shelf_of(folder, shelf)
    assert shelf.is_ours()
    assert place.is_ours()
    assert [slug for slug, _ in make(folder, place, encoder)] == ["madrid"]
    senses = Senses(folder, shelf)
    assert senses.load()
    return senses


def test_a_question_without_a_known_word_finds_its_entry(folder: Path, shelf: Shelf, encoder: Encoder) -> None:
    light = ready_brain(folder, shelf).matcher
    wise = light.with_senses(learnt(folder, shelf, encoder).likeness_now)
    before, after = (matcher.understand(ELSEWHERE_SAID, "madrid", "es") for matcher in (light, wise))
    assert after.matches[0].entry_id == "egov.padron"
    assert after.matches[0].score > before.matches[0].score


async def test_what_was_heard_is_understood_and_what_was_not_is_left_to_the_light_model(
    folder: Path, shelf: Shelf, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(semantic, "HEAR_S", 30.0)
    senses = learnt(folder, shelf, encoder)
    assert senses.likeness(ELSEWHERE_SAID, "madrid") is None
    await senses.hear(ELSEWHERE_SAID)
    assert senses.likeness(ELSEWHERE_SAID, "madrid") is not None
    assert senses.likeness(ELSEWHERE_SAID, "graz") is None
    assert senses.likeness("another text", "madrid") is None
    await senses.close()


async def test_others_go_on_while_a_text_is_heard(encoder: Encoder) -> None:
    ear = Ear(encoder)
    hearing = asyncio.create_task(ear.hear("word " * 80))
    turns = 0
    while not hearing.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 100, "the loop was held up"
    ear.close()


async def test_nobody_waits_long(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semantic, "HEAR_S", 0.0)
    ear = Ear(encoder)
    await ear.hear("where do I register")
    assert ear.heard("where do I register") is None
    ear.close()


async def test_where_many_wait_further_ones_do_not(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semantic, "HEAR_S", 30.0)
    counting = Counting(encoder)
    ear = Ear(counting)
    texts = [f"question {number}" for number in range(semantic.MOST_WAITING + 3)]
    await asyncio.gather(*(ear.hear(text) for text in texts))
    assert counting.asked == texts[: semantic.MOST_WAITING]
    await ear.hear("and one more")
    assert ear.heard("and one more") is not None
    ear.close()


async def test_only_the_last_texts_are_remembered(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semantic, "REMEMBERED", 2)
    monkeypatch.setattr(semantic, "HEAR_S", 30.0)
    counting = Counting(encoder)
    ear = Ear(counting)
    for text in ("one", "two", "two", "three"):
        await ear.hear(text)
    assert counting.asked == ["one", "two", "three"]
    assert [ear.heard(text) is not None for text in ("one", "two", "three")] == [False, True, True]
    ear.close()


@pytest.mark.parametrize("text", ["", "\ud800", "a\0b", "\n", "😀" * 900])
def test_odd_texts_have_vectors(encoder: Encoder, text: str) -> None:
    vector = Ear(encoder).hear_now(text)
    assert vector.shape == (384,)
    assert bool((abs(vector) <= 1).all())


def test_a_changed_sentence_costs_only_itself(folder: Path, shelf: Shelf, encoder: Encoder) -> None:
    senses = learnt(folder, shelf, encoder)
    words = folder / "madrid/es/egov.yaml"
    text = words.read_text(encoding="utf-8")
    assert "he cambiado de casa" in text
    words.write_text(text.replace("he cambiado de casa", "me he mudado"), encoding="utf-8")
    assert not senses.load(), "of the knowledge before"
    counting = Counting(encoder)
    dict(make(folder, shelf_of(folder, shelf), counting))
    assert counting.asked == ["me he mudado"]
    assert senses.load()
    assert len(list(shelf_of(folder, shelf).folder.glob("sense-*.part"))) == 1, "the one before is gone"


def test_a_spoilt_file_of_vectors_is_made_anew(folder: Path, shelf: Shelf, encoder: Encoder) -> None:
    learnt(folder, shelf, encoder)
    place = shelf_of(folder, shelf)
    for path in (*place.folder.glob("*.npz"), *place.folder.glob("sense-*")):
        path.write_bytes(path.read_bytes()[:100]) if path.suffix == ".npz" else path.unlink()
    counting = Counting(encoder)
    dict(make(folder, place, counting))
    assert len(counting.asked) > 20
    assert Senses(folder, shelf).load()


def test_what_another_version_learnt_is_not_used(folder: Path, shelf: Shelf, encoder: Encoder) -> None:
    learnt(folder, shelf, encoder)
    listed = shelf_of(folder, shelf).folder / "senses.json"
    listed.write_text(json.dumps({**json.loads(listed.read_text()), "made_by": "another"}))
    senses = Senses(folder, shelf)
    assert not senses.load()
    assert senses.of("madrid") is None


def test_an_operator_learns_ahead_and_asks(folder: Path, shelf: Shelf, encoder: Encoder) -> None:
    assert dragoman("learn", folder, shelf) == "words of every city\nmeanings of madrid\n"
    assert dragoman("learn", folder, shelf) == "words of every city\n", "nothing is left to learn"
    asked = ("ask", "--city", "madrid", ELSEWHERE_SAID)
    assert dragoman(asked, folder, shelf) != dragoman(asked, folder, shelf, SEMANTIC="off")


def test_a_running_bot_comes_to_understand_by_meaning(folder: Path, shelf: Shelf, encoder: Encoder, tmp_path: Path) -> None:
    bot = Bot(tmp_path / "data", KNOWLEDGE_DIR=str(folder), CACHE_DIR=str(shelf.folder), SEMANTIC="auto")
    bot.start()
    try:
        deadline = time.monotonic() + 60
        while "the sentences of madrid are understood by meaning" not in bot.log.read_text():
            assert time.monotonic() < deadline, bot.log.read_text()
            time.sleep(0.05)
    finally:
        assert bot.stop(15) == 0
    assert "Traceback" not in bot.log.read_text()

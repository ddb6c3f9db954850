import os
import subprocess
import sys

import numpy as np
import pytest

from bot.matching.factor import Factor
from bot.matching.features import extract
from bot.matching.index import FeatureIndex
from bot.matching.skeleton import skeleton

PRINT_HASHES = "from bot.matching.features import extract; print(extract([['cita', 'مدرسة', '卡']], [[7]]).hashes.tolist())"


def hashes_with_seed(seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    return subprocess.run([sys.executable, "-c", PRINT_HASHES], env=environment, capture_output=True, text=True, check=True).stdout


def test_hashes_are_the_same_in_every_process() -> None:
    assert hashes_with_seed("1") == hashes_with_seed("2") == f"{extract([['cita', 'مدرسة', '卡']], [[7]]).hashes.tolist()}\n"


def test_a_text_has_the_same_features_alone_and_among_others() -> None:
    texts = [["hola"], ["quiero", "el", "nie"], ["卡", "怎", "么"], ["nie"]]
    concepts = [[], [1, 2], [3], []]
    together = extract(texts, concepts)
    for number, text in enumerate(texts):
        assert sorted(together.hashes[together.texts == number]) == sorted(extract([text], [concepts[number]]).hashes)


def test_many_texts_without_consonants_come_first() -> None:
    texts = [["አማርኛ"]] * 100 + [["cita"]]
    alone, among = extract([["cita"]], [[]]), extract(texts, [[]] * len(texts))
    assert set(alone.hashes.tolist()) == set(among.hashes[among.texts == 100].tolist())


def test_different_words_for_one_thing_are_alike() -> None:
    index = FeatureIndex([["flat"], ["doctor"]], [[1], [2]])
    strange = index.likeness(["vivienda"], [1])
    assert strange[0] > 0.05 > strange[1] == 0
    assert index.likeness(["flat"], [1])[0] > index.likeness(["flat"])[0]


def test_likeness_to_oneself_is_one_and_to_strangers_nothing() -> None:
    index = FeatureIndex([["tarjeta", "sanitaria"], ["صحه"], ["卡", "办"], ["x"]])
    likeness = index.likeness(["tarjeta", "sanitaria"])
    assert abs(likeness[0] - 1) < 1e-4
    assert likeness[1:].max() < 0.05
    assert index.likeness(["zzz"]).max() == 0


def test_gram_is_the_likeness_of_examples_to_those_before() -> None:
    texts = [
        f"{first} {second} {third}".split()
        for first in ("uno", "dos", "casa")
        for second in ("a", "perro")
        for third in ("x", "yes", "luz")
    ]
    index = FeatureIndex(texts)
    expected = np.array([index.likeness(text) for text in texts])
    assert np.allclose(np.tril(index.gram()), np.tril(expected), atol=1e-4)


@pytest.mark.parametrize("split", [0, 450])
def test_a_factor_solves_and_inverts(split: int) -> None:
    random = np.random.default_rng(1)
    square = random.normal(size=(900, 900)).astype(np.float32)
    matrix = square @ square.T / 900 + np.eye(900, dtype=np.float32)
    wanted = random.normal(size=(3, 900)).astype(np.float32)
    found, half = wanted.copy(), np.eye(900 - split, dtype=np.float32)
    factor = Factor(np.tril(matrix), split)
    factor.solve(found)
    lower = factor.lower if split else factor
    assert lower is not None
    lower.divide(half)
    assert np.allclose(found @ matrix, wanted, atol=1e-3)
    assert np.allclose(half @ half.T, np.linalg.inv(matrix)[split:, split:], atol=1e-3)


def test_skeletons_join_alphabets_and_spellings() -> None:
    assert skeleton("certificado") == skeleton("سرتيفيكادو")
    assert skeleton("مدرسه") == skeleton("المدرسه") == skeleton("lmadrasa")
    assert skeleton("школа") == skeleton("shkola")
    assert skeleton("kiero") == skeleton("quiero")
    assert skeleton("123") == skeleton("a") == skeleton("卡") == ""

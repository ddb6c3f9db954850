"""Other ways to find an entry, given the very same example texts: what a bot does without a matcher of its own.

Each takes examples (entry id, text) and ranks the entries for a question; the first score is its confidence. BM25 and FTS5 also know
the common tricks (letter trigrams). TF-IDF with logistic regression needs scikit-learn, which is no part of this project, and so does
the head on the encoder of the extra `semantic`: both are left out where something is not installed."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from math import log
from typing import ClassVar, Protocol

import numpy as np
from rapidfuzz import fuzz, process

from bot.matching.features import Floats
from bot.matching.normalise import normalise
from bot.semantic import load_encoder

Examples = Sequence[tuple[str, str]]
Ranked = list[tuple[str, float]]
_HITS = 60


class Peer(Protocol):
    """One way to find entries."""

    def rank(self, text: str) -> Ranked:
        """Order entries for a question, the best first; nothing where nothing fits."""


def _best(found: Iterable[tuple[str, float]]) -> Ranked:
    best: dict[str, float] = {}
    for entry_id, score in found:
        best[entry_id] = max(score, best.get(entry_id, score))
    return sorted(best.items(), key=lambda item: -item[1])


class RapidFuzz:
    """Compare with every example, as most FAQ bots do it."""

    def __init__(self, examples: Examples, scorer: Callable[..., float]) -> None:
        self._scorer = scorer
        self._owners = [entry_id for entry_id, _ in examples]
        self._texts = [normalise(text) for _, text in examples]

    def rank(self, text: str) -> Ranked:
        hits = process.extract(normalise(text), self._texts, scorer=self._scorer, limit=_HITS)
        return _best((self._owners[at], score) for _, score, at in hits)


class Bm25:
    """Okapi BM25 (k1 1.5, b 0.75) over words."""

    def __init__(self, examples: Examples) -> None:
        texts = [normalise(text).split() for _, text in examples]
        self._owners = [entry_id for entry_id, _ in examples]
        mean = sum(map(len, texts)) / len(texts)
        spread = Counter(word for words in texts for word in set(words))
        self._weights: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, words in enumerate(texts):
            for word, times in Counter(words).items():
                rarity = log(1 + (len(texts) - spread[word] + 0.5) / (spread[word] + 0.5))
                self._weights[word].append((number, rarity * times * 2.5 / (times + 1.5 * (0.25 + 0.75 * len(words) / mean))))

    def rank(self, text: str) -> Ranked:
        scores: dict[int, float] = defaultdict(float)
        for word in normalise(text).split():
            for number, weight in self._weights.get(word, ()):
                scores[number] += weight
        return _best((self._owners[number], score) for number, score in scores.items())


class Fts5:
    """SQLite's full-text search over letter trigrams."""

    def __init__(self, examples: Examples) -> None:
        self._owners = [entry_id for entry_id, _ in examples]
        self._db = sqlite3.connect(":memory:")
        self._db.execute("CREATE VIRTUAL TABLE example USING fts5(text, tokenize='trigram')")
        rows = [(number, normalise(text)) for number, (_, text) in enumerate(examples, 1)]
        self._db.executemany("INSERT INTO example (rowid, text) VALUES (?, ?)", rows)

    def rank(self, text: str) -> Ranked:
        plain = normalise(text)
        grams = sorted({plain[at : at + 3] for at in range(len(plain) - 2)})
        if not grams:
            return []
        wanted = " OR ".join('"' + gram.replace('"', '""') + '"' for gram in grams)
        found = self._db.execute("SELECT rowid, rank FROM example WHERE example MATCH ? ORDER BY rank LIMIT ?", (wanted, _HITS))
        return _best((self._owners[number - 1], -score) for number, score in found)


class TfIdfLogistic:
    """TF-IDF of words and letters with multinomial logistic regression, by scikit-learn; the confidence is the largest probability."""

    def __init__(self, examples: Examples) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-not-found, import-untyped, unused-ignore]
        from sklearn.linear_model import LogisticRegression  # type: ignore[import-not-found, import-untyped, unused-ignore]
        from sklearn.pipeline import make_union  # type: ignore[import-not-found, import-untyped, unused-ignore]

        words = TfidfVectorizer(token_pattern=r"\S+", sublinear_tf=True)
        letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
        self._features = make_union(words, letters)
        vectors = self._features.fit_transform([normalise(text) for _, text in examples])
        self._model = LogisticRegression(C=30, tol=1e-3).fit(vectors, [entry_id for entry_id, _ in examples])

    def rank(self, text: str) -> Ranked:
        return _most_likely(self._model.predict_proba(self._features.transform([normalise(text)]))[0], self._model.classes_)


class E5Linear:
    """The sentence encoder of the extra `semantic` with multinomial logistic regression on its vectors."""

    vectors: ClassVar[dict[str, Floats]] = {}  # of texts: most stand in several cities

    def __init__(self, examples: Examples) -> None:
        from sklearn.linear_model import LogisticRegression  # type: ignore[import-not-found, import-untyped, unused-ignore]

        vectors = np.stack([self._vector(normalise(text)) for _, text in examples])
        self._model = LogisticRegression(C=30, max_iter=300).fit(vectors, [entry_id for entry_id, _ in examples])

    def _vector(self, text: str) -> Floats:
        if text not in self.vectors:
            encoder = load_encoder()
            assert encoder is not None
            self.vectors[text] = encoder.encode([text])[0]
        return self.vectors[text]

    def rank(self, text: str) -> Ranked:
        return _most_likely(self._model.predict_proba(self._vector(normalise(text))[None])[0], self._model.classes_)


def _most_likely(chances: Floats, ids: Sequence[str]) -> Ranked:
    return [(str(ids[at]), float(chances[at])) for at in np.argsort(-chances)[:_HITS]]


def peers() -> dict[str, Callable[[Examples], Peer]]:
    """List all that can run here, by name."""
    found: dict[str, Callable[[Examples], Peer]] = {
        "rapidfuzz WRatio": lambda examples: RapidFuzz(examples, fuzz.WRatio),
        "rapidfuzz token_set_ratio": lambda examples: RapidFuzz(examples, fuzz.token_set_ratio),
        "BM25": Bm25,
        "SQLite FTS5 trigrams": Fts5,
    }
    if find_spec("sklearn"):
        found["TF-IDF, logistic regression"] = TfIdfLogistic
        if load_encoder():
            found["e5, logistic regression"] = E5Linear
    return found

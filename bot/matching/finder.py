"""Find the entries of one city that answer an utterance, with a probability for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Final, NamedTuple

import numpy as np

from bot.matching.calibrate import calibrate
from bot.matching.features import Floats, Integers, by
from bot.matching.lexicon import Lexicon
from bot.matching.normalise import Reads, words_of
from bot.matching.ranker import Answers, Example, fit
from bot.matching.smalltalk import ELSEWHERE_KINDS
from bot.matching.spelling import Spelling
from bot.model import City, Knowledge, Match, Words

_TRUST_OF_WORDING: Final = 0.5  # of a title or keyword beside a question
_SHARE_OF_REPAIRED: Final = 0.5  # of the text with repaired spelling, beside the text as it stands
_SURE: Final = 0.93  # chance of the first entry from which no spelling is repaired: little would change, a quarter of the time is saved
_NAMES: Final = 10  # title and keywords that are learnt together: better than one by one, and a third of the time (measured)
_ALONE: Final = 8  # questions of an entry in one language that are learnt one by one; further ones are as good...
_TOGETHER: Final = 2  # ...where so many are learnt together, in half of the time and less, if they...
_TRUST_OF_SEVERAL: Final = 4.0  # ...are trusted more (measured, as are the numbers below)
_TRUST_BESIDE: Final = 10.0  # of several texts together about what no entry answers
_THIRD: Final = 3  # every third entry comes last: chances are learnt from the last ones (see ranker.Training)
_LONG: Final = 34  # letters of a question about what no entry answers from which it is a long one
_LONG_TOGETHER: Final = 8
_SHORT_TOGETHER: Final = 4
_TALK_TOGETHER: Final = 2  # small talk about other matters, where three would be refused less often
_MOST_RANKED: Final = 100  # entries that are given; no city has as many
ELSEWHERE: Final = "~"  # begins the id of what is no entry but small talk about other matters...
UNCOVERED: Final = "~?"  # ...or a topic that the city has nothing on
Native = Callable[[str], str | None]  # a word in Latin letters -> the one of the contact's language that it stands for
Meaning = Callable[[Sequence[str]], Sequence[int]]  # normalised words -> numbers of concepts
Repair = Callable[[Sequence[str]], Sequence[str] | None]  # normalised words -> the same as they were meant; None where nothing is misspelt
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")
_Text = tuple[str, Sequence[str], float]  # locale, texts that are learnt together, trust
_TOLD: Final = 250  # letters of an answer that are compared by meaning; more is no better, and an encoder takes its time
Fuse = Callable[[tuple[str, ...], Floats, Floats], tuple[Floats, Floats]]  # ids, totals, chances -> totals and chances
Beside = Mapping[str, Mapping[str, Sequence[str]]]  # such an id -> locale -> how people ask


def means_nothing(_: Sequence[str]) -> Sequence[int]:
    """Stand for a lexicon where there is none."""
    return ()


class EntryFinder:
    """Everything known about how people ask for the entries of one city; never changes after it is built.

    Comparing whole texts with the best entries by rapidfuzz was tried for the order: no better, and slower."""

    def __init__(self, ids: Sequence[str], examples: Sequence[Example], answers: Sequence[Example] = ()) -> None:
        """Build from entry ids and examples sorted by entry, at least one for every entry, and the answers that entries give."""
        self._ids = tuple(ids)
        self._ranker, training = fit(examples, len(self._ids), Answers(answers, len(self._ids)))
        self._calibration = calibrate(training)

    def rank(
        self,
        words: Sequence[str],
        meaning: Meaning = means_nothing,
        repair: Repair | None = None,
        fuse: Fuse | None = None,
        native: Native | None = None,
    ) -> tuple[Match, ...]:
        """Order the entries for a text given as normalised words, the most likely first; no words, no matches.

        `meaning` gives the concepts of words; `repair` mends what looks misspelt; `fuse` lets another model have its say; `native`
        reads words that are unknown here and may be written in other letters."""
        if not words:
            return ()
        if native:
            known = self._ranker.knows(words)
            words = [word if is_known else native(word) or word for word, is_known in zip(words, known, strict=True)]
        scores = self._ranker.scores(words, meaning(words))
        chances = self._calibration.probabilities(scores)[0]
        if repair and chances.max() <= _SURE and (repaired := repair(words)):
            scores = scores.mixed(self._ranker.scores(repaired, meaning(repaired)), _SHARE_OF_REPAIRED)
            chances = self._calibration.probabilities(scores)[0]
        total = scores.total[0]
        if fuse:
            total, chances = fuse(self._ids, total, chances)
        order = _best(total)
        falling = np.minimum.accumulate(chances[order])
        return tuple(Match(self._ids[entry], chance) for entry, chance in zip(order.tolist(), falling.tolist(), strict=True))


def _best(total: Floats) -> Integers:
    """Give the entries with the highest totals, the best first; equals in the order of the entries."""
    best = np.arange(len(total)) if len(total) <= _MOST_RANKED else np.sort(np.argpartition(-total, _MOST_RANKED)[:_MOST_RANKED])
    return best[np.argsort(-total[best], kind="stable")]


class Reading:
    """How the example texts read and what they mean: what stands in several cities is read once, as long as they are learnt."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.words: Reads = cache(words_of)
        self._meaning = cache(lexicon.find_in)

    def meaning(self, words: tuple[str, ...], locales: Iterable[str]) -> tuple[int, ...]:
        """Give the concepts of a text in some languages, each once."""
        return tuple(dict.fromkeys(concept for locale in locales for concept in self._meaning(words, locale)))


class _Examples:
    """The examples and answers of one city, by entry; what stands in several languages counts once, so that many languages load quickly."""

    def __init__(self, city: City, reading: Reading) -> None:
        self.ids: list[str] = []
        self.all: list[Example] = []
        self.answers: list[Example] = []
        self._city, self._reading = city, reading

    def add(self, entry_id: str, texts: Iterable[_Text], answers: Iterable[_Text] = ()) -> None:
        """Take up an entry with its examples."""
        number = len(self.ids)
        if examples := self._examples(number, texts):
            self.ids.append(entry_id)
            self.all += examples
            self.answers += self._examples(number, answers)

    def _examples(self, entry: int, texts: Iterable[_Text]) -> list[Example]:
        found: dict[tuple[str, ...], float] = {}
        locales: dict[tuple[str, ...], set[str]] = {}
        for locale, together, trust in texts:
            if normal := tuple(chain.from_iterable(map(self._reading.words, together))):
                found[normal] = trust
                locales.setdefault(normal, {self._city.host_language}).add(locale)
        return [Example(entry, words, trust, self._reading.meaning(words, sorted(locales[words]))) for words, trust in found.items()]


def _examples(city: City, beside: Beside, reading: Reading) -> _Examples:
    examples = _Examples(city, reading)
    published = [entry for entry in city.entries.values() if entry.status == "published"]
    asked: list[tuple[str, list[_Text], list[_Text]]] = [
        (
            entry.id,
            [line for locale, words in entry.words.items() for line in _lines(locale, words)],
            [(locale, [_told(words)], 0.0) for locale, words in entry.words.items()],
        )
        for entry in published
    ]
    if asked:
        for name, texts in _fitting(city, beside).items():
            asked.append((name, [line for locale in city.languages for line in _lines_beside(name, locale, texts.get(locale, ()))], []))
    for number in sorted(range(len(asked)), key=lambda number: number % _THIRD == _THIRD - 1):
        examples.add(*asked[number])
    return examples


def _lines(locale: str, words: Words) -> Iterator[_Text]:
    yield from ((locale, some, _TRUST_OF_WORDING) for some in by(_NAMES, (words.title, *words.keywords)))
    yield from ((locale, [text], 1.0) for text in words.questions[:_ALONE])
    yield from ((locale, some, _TRUST_OF_SEVERAL) for some in by(_TOGETHER, words.questions[_ALONE:]))


def _lines_beside(name: str, locale: str, texts: Sequence[str]) -> Iterator[_Text]:
    if name.startswith(UNCOVERED):
        short, long = _by_length(texts)
        together = (*by(_SHORT_TOGETHER, short), *by(_LONG_TOGETHER, long))
    else:
        together = (*by(_TALK_TOGETHER, texts),)
    return ((locale, some, _TRUST_BESIDE) for some in together)


def _told(words: Words) -> str:
    """Write down what an entry says, without its facts."""
    return _PLACEHOLDER.sub(" ", " ".join((words.title, words.answer, *words.documents)))


def _fitting(city: City, beside: Beside) -> Beside:
    """Leave out the topics that entries of this city do answer."""
    return {name: texts for name, texts in beside.items() if name.removeprefix(UNCOVERED) not in city.covers}


def beside_entries(knowledge: Knowledge) -> Beside:
    """List what people ask that no entry answers: small talk about other matters, and topics that cities have nothing on."""
    talk = {ELSEWHERE + slug: kind.phrases for slug in ELSEWHERE_KINDS if (kind := knowledge.smalltalk.get(slug))}
    return talk | {UNCOVERED + slug: topic.questions for slug, topic in knowledge.uncovered.items()}


def _by_length(questions: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part short questions from long ones, of which more can be joined."""
    return [text for text in questions if len(text) < _LONG], [text for text in questions if len(text) >= _LONG]


class Sentence(NamedTuple):
    """A text that stands for an entry, as it was written; `trust` as in Example."""

    entry: str
    text: str
    trust: float


def sentences_of(city: City, beside: Beside) -> list[Sentence]:
    """List what is compared by meaning, entry by entry. Keywords are left out: no better with them (measured)."""
    entries = [entry for entry in city.entries.values() if entry.status == "published"]
    found = [
        Sentence(entry.id, text, trust)
        for entry in entries
        for words in entry.words.values()
        for text, trust in ((words.title, _TRUST_OF_WORDING), *((text, 1.0) for text in words.questions), (_told(words)[:_TOLD], 0.0))
    ]
    if entries:
        others = _fitting(city, beside).items()
        found += [
            Sentence(name, text, 1.0) for name, texts in others for locale in city.languages for text in _told_beside(texts.get(locale, ()))
        ]
    return list(dict.fromkeys(found))


def _told_beside(texts: Sequence[str]) -> list[str]:
    short, long = _by_length(texts)
    return [*short, *map(" ".join, by(_LONG_TOGETHER, long))]


def learnt_from(city: City, beside: Beside) -> bytes:
    """Return all that a finder is made from, beside the lexicon."""
    asked = [
        (entry.id, [(words.keywords, words.questions, _told(words)) for words in entry.words.values()])
        for entry in city.entries.values()
        if entry.status == "published"
    ]
    return repr((city.languages, asked, _fitting(city, beside))).encode()


def build_finder(city: City, beside: Beside, reading: Reading) -> EntryFinder | None:
    """Learn from the questions, titles and keywords of all languages of a city together; None where there are none.

    What stands `beside` the entries takes part as entries of their own."""
    examples = _examples(city, beside, reading)
    return EntryFinder(examples.ids, examples.all, examples.answers) if examples.ids else None


def build_spelling(knowledge: Knowledge, beside: Beside, reading: Reading) -> Spelling:
    """Learn how the words of each language are written, from all examples and answers of all cities."""
    return Spelling((locale, reading.words(text)) for locale, text in _texts(knowledge, beside))


def written_in(knowledge: Knowledge, beside: Beside) -> bytes:
    """Return all that the spelling is learnt from."""
    return repr(sorted(_texts(knowledge, beside))).encode()


def _texts(knowledge: Knowledge, beside: Beside) -> set[tuple[str, str]]:
    """List texts and their languages, each once."""
    entries = [entry for city in knowledge.cities.values() for entry in city.entries.values()]
    everywhere = [(locale, words) for entry in entries for locale, words in entry.words.items()]
    asked = {(locale, text) for locale, words in everywhere for text in (words.title, *words.keywords, *words.questions, _told(words))}
    return asked | {(locale, text) for some in beside.values() for locale, texts in some.items() for text in texts}

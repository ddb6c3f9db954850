import numpy as np

from bot.matching.bayes import Bayes
from bot.matching.calibrate import calibrate
from bot.matching.features import Floats
from bot.matching.index import FeatureIndex, read_text
from bot.matching.ranker import Answers, Example, fit

CARD, FLAT = (["lost", "card"], ["new", "card"], ["card", "office"]), (["rent", "flat"], ["flat", "keys"], ["new", "flat"])


def counted(*entries: tuple[list[str], ...]) -> tuple[FeatureIndex, Bayes]:
    index = FeatureIndex([text for texts in entries for text in texts])
    owners = np.repeat(np.arange(len(entries)), [len(texts) for texts in entries])
    return index, Bayes(index, owners, len(entries))


def evidence(counts: tuple[FeatureIndex, Bayes], *words: str) -> Floats:
    index, bayes = counts
    return bayes.evidence(index.find(read_text(words)))


def test_words_speak_for_the_entry_in_whose_examples_they_stand() -> None:
    counts = counted(CARD, FLAT)
    card, flat = evidence(counts, "card", "please")
    assert card > 0 > flat
    assert evidence(counts, "flat")[1] > evidence(counts, "flat", "of", "some", "friends")[1] > 0


def test_words_of_both_and_of_neither_speak_for_none() -> None:
    card, flat = evidence(counted(CARD, FLAT), "new")
    assert abs(card - flat) < 0.1 * evidence(counted(CARD, FLAT), "card")[0]
    assert evidence(counted(CARD, FLAT), "zzz").tolist() == [0, 0]


def test_an_entry_with_many_examples_is_not_ahead_for_that() -> None:
    card, flat = evidence(counted(CARD * 10, FLAT), "new")
    assert card <= flat


def test_an_example_left_out_speaks_less_for_its_entry_and_one_of_no_entry_against_it() -> None:
    index, bayes = counted(CARD, FLAT)
    read = read_text(["new", "card"])
    known = bayes.evidence(index.find(read))
    without_example, without_entry = bayes.left_out(read, 0)
    assert known[0] > without_example[0] > 0 > without_entry[0]
    assert without_entry[1] > without_example[1] > known[1]


def test_counts_have_their_say_only_where_there_are_many() -> None:
    used = []
    for examples in (6, 30):
        texts = [Example(entry, (f"subject{entry}", f"way{way}")) for entry in range(20) for way in range(examples)]
        ranker, training = fit(texts, 20, Answers([], 20))
        used.append((np.abs(calibrate(training).weights[4:6]).sum() > 0, bool(ranker.scores(["subject7"]).bayes.any())))
    assert used == [(False, False), (True, True)]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matching.normalise import MAX_CHARACTERS, MAX_WORD_LENGTH, normalise


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("¿Cómo saco la CITA?", "como saco la cita"),
        ("Can't breathe, I'm ill", "cant breathe im ill"),
        ("l'ambulanza c'è", "l ambulanza ce"),
        ("Cl@ve amig@s", "clave amigas"),
        ("holaaaa!!! siii", "hola si"),
        ("10000 euros", "10000 euros"),
        ("ＮＩＥ ﬁne", "nie fine"),
        ("straße ŁÓDŹ đak Iğdır İzmir", "strasse lodz dak igdir izmir"),
        ("Άγιος ΟΔΟΣ", "αγιοσ οδοσ"),
        ("п'ять б’є Їжак й", "пять бє іжак и"),
        ("صِحَّة الهُويّة", "صحه الهويه"),
        ("أنا إلى آخر مدرســة", "انا الي اخر مدرسه"),
        ("کی ہے", "كي هي"),
        ("نساء ١٢٣ ۴۵۶", "نسا 123 456"),
        ("می\u200cخواهم", "ميخواهم"),
        ("हिन्दी में क्या है?", "हिन्दी में क्या है"),
        ("བོད་སྐད་ཡིན།", "བོད སྐད ཡིན"),
        ("ภาษาไทยครับ", "ภาษาไทยครับ"),
        ("TIE卡怎么办？", "tie 卡 怎 么 办"),
        ("አማርኛ፣ ትግርኛ", "አማርኛ ትግርኛ"),
        ("\u202eab\u202cc\u200b d\u0000e", "abc d e"),
        ("<b>NIE</b> _x_ *y*", "b nie b x y"),
        ("😀👍🏽 …", ""),
    ],
)
def test_every_script_becomes_plain_words(text: str, words: str) -> None:
    assert normalise(text) == words


def test_vowel_signs_and_letter_forms_do_not_tell_words_apart() -> None:
    assert normalise("بِطَاقَةُ الإقامةِ") == normalise("بطاقه الاقامه")
    assert normalise("ሐኪም ሥራ ፀሐይ ዓለም") == normalise("ሀኪም ስራ ጸሃይ አለም")
    assert normalise("कागज़ माँ") == normalise("कागज मां")


@given(st.text(alphabet=st.characters(), max_size=300))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once or any(len(word) == MAX_WORD_LENGTH for word in once.split())


@given(st.text(alphabet=st.characters(), max_size=300))
def test_words_are_divided_by_single_spaces(text: str) -> None:
    words = normalise(text).split(" ")
    assert words == [""] or all(words)
    assert all(len(word) <= MAX_WORD_LENGTH for word in words)


@pytest.mark.parametrize("text", ["ﷺ", "a", "\u0301", "字", "'", "a@", "aaab ", "\ud800", "ा"])
def test_long_texts_are_cut(text: str) -> None:
    assert len(normalise(text * 100_000)) <= 2 * MAX_CHARACTERS

"""What could tell who asked is taken out of a question, whatever the language."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.masking import MAX_MASKED, has_marks, mask, unmarked

DIGITS = "0123456789٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹５²①५"
LIKELY = st.text(alphabet=st.sampled_from(DIGITS + " .-/()+@,:\u200b\u200c\u200d\n_abcЖش我[]"), max_size=80)


@given(st.one_of(st.text(max_size=200), LIKELY))
def test_no_four_digits_and_no_at_sign_survive(text: str) -> None:
    masked = mask(text)
    bare = "".join(letter for letter in masked if not letter.isspace() and letter not in ".-/()+,:\u200c\u200d")
    runs = re.findall(r"[^\W\d_]|\d+", bare)
    assert all(len(run) < 4 for run in runs if run.isdecimal()), masked
    assert not any(letter.isdigit() and not letter.isdecimal() for letter in masked)
    assert "@" not in unmarked(masked)
    assert len(masked) <= MAX_MASKED


@given(LIKELY)
def test_an_address_of_e_mail_never_survives(around: str) -> None:
    assert "example" not in mask(f"{around} amina@example.org {around}")


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Hello, my name is Ahmed Hassan and I need a NIE", "Ahmed Hassan"),
        ("my name is ahmed hassan and i need a nie", "ahmed hassan"),
        ("me llamo María López y necesito cita", "María López"),
        ("je m'appelle Fatima Benali et je cherche un médecin", "Fatima Benali"),
        ("ich heiße Omar Haddad und brauche einen Arzt", "Omar Haddad"),
        ("mi chiamo Li Wei, come faccio la residenza", "Li Wei"),
        ("mă numesc Ion Popescu și caut de lucru", "Ion Popescu"),
        ("zovem se Ana Marić i trebam pomoć", "Ana Marić"),
        ("quhem Arben Hoxha dhe kërkoj punë", "Arben Hoxha"),
        ("benim adım Mehmet Yılmaz ve iş arıyorum", "Mehmet Yılmaz"),
        ("με λένε Γιώργος Παπαδόπουλος και ψάχνω δουλειά", "Γιώργος Παπαδόπουλος"),
        ("мене звати Олена Ковальчук і я шукаю роботу", "Олена Ковальчук"),
        ("меня зовут Иван Петров и я ищу работу", "Иван Петров"),
        ("اسمي أحمد حسن وأريد موعد", "أحمد حسن"),
        ("میرا نام احمد علی ہے اور مجھے کام چاہیے", "احمد علی"),
        ("我叫李明，我想办居留", "李明"),
        ("I'm Maria Popescu, where is the school", "Maria Popescu"),
        ("Bonjour Madame Dupont, je cherche une école", "Dupont"),
        ("Hello Samira, where do I go", "Samira"),
    ],
)
def test_names_after_an_introduction(text: str, gone: str) -> None:
    masked = mask(text)
    assert not any(word in masked.split() for word in gone.split()), masked
    assert "[name]" in masked
    assert len(unmarked(masked).split()) >= 2 or "我" in masked  # the question itself stays


@pytest.mark.parametrize(
    "text",
    [
        "I live at 12 Baker Street",
        "vivo en la calle Mayor 15",
        "j'habite 12 rue de la Paix",
        "wohne in der Annenstraße 12",
        "abito in via Roma 12",
        "stau pe strada Lalelelor nr. 7",
        "živim Vukovarska ulica 10",
        "banoj në rruga Dibres 12",
        "Atatürk Caddesi 5",
        "μένω οδός Ερμού 5",
        "вулиця Шевченка 12",
        "улица Ленина 12",
        "أسكن شارع الملك فيصل ١٢",
        "住在中山路12号",
    ],
)
def test_streets_with_a_number(text: str) -> None:
    masked = mask(text)
    assert "[address]" in masked
    assert not re.search(r"\d", masked)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to a.b@c.com", "write to [e-mail]"),
        ("see https://example.org/x?y=1 or www.foo.fr", "see [link] or [link]"),
        ("my NIE is X1234567L", "my NIE is [number]"),
        ("call +34 612-34-56-78 now", "call [number] now"),
        ("هاتفي ٠٦١٢٣٤٥٦٧٨", "هاتفي [number]"),
    ],
)
def test_numbers_and_addresses(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert has_marks(masked)


@pytest.mark.parametrize(
    "text",
    ["where do I register with 2 children, 3 and 12?", "I am Syrian, can I work?", "Hola buenas tardes, necesito cita", "112 or 016?"],
)
def test_a_question_without_anything_personal_stays(text: str) -> None:
    assert mask(text) == text
    assert not has_marks(text)

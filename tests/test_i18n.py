"""Catalogues: complete, up to date with the code, plural forms, names of languages, and what the checker finds."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir

from bot.errors import ConfigError
from bot.i18n import Catalogues, check_catalogues, language_name, negotiate, read_catalogue

ROOT = Path(__file__).resolve().parents[1]
LOCALES = ROOT / "locales"


def test_every_catalogue_is_complete() -> None:
    assert check_catalogues(LOCALES) == ()


def test_the_template_holds_what_the_code_says() -> None:
    keywords = {**DEFAULT_KEYWORDS, "N_": None, "ngettext": (1, 2)}
    found = extract_from_dir(str(ROOT / "bot"), method_map=[("**.py", "python")], keywords=keywords)
    said = {message[2] if isinstance(message[2], str) else message[2][0] for message in found}
    written = {
        message.id if isinstance(message.id, str) else message.id[0] for message in read_catalogue(LOCALES / "bot.pot") if message.id
    }
    assert said - written == set(), "run `make texts` and translate what is new"
    assert written - said == set(), "run `make texts`"


def unextractable(tree: ast.AST) -> Iterator[int]:
    """Yield lines where a translated sentence would vanish from the template: not a literal, or not said through `_`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            first = node.args[0] if node.args else None
            literal = isinstance(first, ast.Constant) and isinstance(first.value, str)
            if (name == "N_" and not literal) or (name == "_" and isinstance(first, ast.JoinedStr | ast.BinOp)):
                yield node.lineno
            if isinstance(node.func, ast.Call) and literal and getattr(node.func.func, "id", "") == "words":
                yield node.lineno


def test_no_sentence_escapes_the_extraction() -> None:
    lost = [f"{path.name}:{line}" for path in (ROOT / "bot").rglob("*.py") for line in unextractable(ast.parse(path.read_text()))]
    assert lost == []


def test_the_catalogues_name_no_person_and_no_machine() -> None:
    for path in LOCALES.rglob("bot.po*"):
        assert not re.search(r"@\w+\.\w|/home/|/work/|Last-Translator|Bugs-To", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("hours", "expected"), [(1, "ساعة واحدة"), (2, "ساعتين"), (3, "3 ساعات"), (11, "11 ساعة"), (24, "24 ساعة"), (100, "100 ساعة")]
)
def test_arabic_has_six_plurals(hours: int, expected: str) -> None:
    translator = Catalogues.load(LOCALES).translator("ar")
    said = translator.ngettext(
        "This chat is erased {n} hour after the last message. /delete erases it at once.",
        "This chat is erased {n} hours after the last message. /delete erases it at once.",
        hours,
    )
    assert expected in said.format(n=hours)


def test_an_unknown_language_or_sentence_falls_back_to_english() -> None:
    catalogues = Catalogues.load(LOCALES)
    assert catalogues.translator("xx").locale == "en"
    assert catalogues.translator("xx").gettext("Which language do you prefer?") == "Which language do you prefer?"
    assert catalogues.translator("es").gettext("never written") == "never written"


def test_languages_name_themselves() -> None:
    assert [language_name(tag) for tag in ("es", "ar", "en", "uk", "zh", "sq", "nonsense!")] == [
        "Español",
        "العربية",
        "English",
        "Українська",
        "中文",
        "Shqip",
        "nonsense!",
    ]


@pytest.mark.parametrize(
    ("hint", "found"),
    [("es-419", "es"), ("ar-MA", "ar"), ("EN_us", "en"), ("fr", None), (None, None), ("", None), ("-", None), ("zh-Hant-TW", "zh")],
)
def test_the_tag_of_a_platform_is_negotiated(hint: str | None, found: str | None) -> None:
    assert negotiate(hint, ("es", "en", "ar", "zh")) == found


# ---------------------------------------------------------------- the checker finds what is wrong

TEMPLATE = 'msgid "Hello {name}"\nmsgstr ""\n\nmsgid "{n} hour"\nmsgid_plural "{n} hours"\nmsgstr[0] ""\nmsgstr[1] ""\n'
GOOD = (
    'msgid "Hello {name}"\nmsgstr "Hola {name}"\n\n'
    'msgid "{n} hour"\nmsgid_plural "{n} hours"\nmsgstr[0] "{n} h"\nmsgstr[1] "{n} h"\nmsgstr[2] "{n} h"\n'
)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("Hola {name}", "Hola {nombre}", "other placeholders"),
        ("Hola {name}", "", "has no translation"),
        ('msgid "Hello {name}"', '#, fuzzy\nmsgid "Hello {name}"', "fuzzy"),
        ('msgstr[1] "{n} h"', 'msgstr[1] "h"', "other placeholders"),
        ('msgstr[2] "{n} h"\n', "", "has no translation"),
        ('msgstr[2] "{n} h"\n', 'msgstr[2] "{n} h"\nmsgstr[3] "{n} h"\n', "does not read"),
        ('msgid "Hello {name}"', 'msgid "Good day {name}"', "is missing"),
        ('msgid "Hello {name}"', 'msgid "Old"\nmsgstr "Viejo"\n\nmsgid "Hello {name}"', "not said any more"),
    ],
)
def test_faults_are_found_with_file_and_line(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    file = tmp_path / "es" / "LC_MESSAGES" / "bot.po"
    file.parent.mkdir(parents=True)
    (tmp_path / "bot.pot").write_text(TEMPLATE)
    file.write_text(GOOD)
    assert check_catalogues(tmp_path) == ()
    file.write_text(GOOD.replace(old, new))
    found = check_catalogues(tmp_path)
    assert complaint in found[0].message
    assert found[0].level == ("warning" if complaint == "not said any more" else "error")
    assert found[0].where.file == "es/LC_MESSAGES/bot.po"
    assert found[0].line > 0 or complaint in ("is missing", "does not read")


def test_a_damaged_or_missing_catalogue_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no catalogue for en"):
        Catalogues.load(tmp_path)
    shutil.copytree(LOCALES / "en", tmp_path / "en")
    assert Catalogues.load(tmp_path).locales == ("en",)
    (tmp_path / "en" / "LC_MESSAGES" / "bot.po").write_text('msgid "a"\nnonsense here\n')
    with pytest.raises(ConfigError, match="does not read"):
        Catalogues.load(tmp_path)

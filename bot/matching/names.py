"""Read the name of a city, a part of it, or a language in a short text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from babel import Locale, UnknownLocaleError

from bot.matching.normalise import is_cjk, normalise
from bot.matching.phrases import Hit, PhraseFinder
from bot.model import City, Knowledge, SafetyKind, SmalltalkKind

_MAX_WORDS: Final = 12  # of a text in which a city is looked for
_SHORT: Final = 4  # letters; a shorter name counts only where nothing else is said
_NOT: Final = frozenset(normalise("no not never nunca dont لا مش مو ما ne ni nu non pas nicht kein не немає δεν değil 不").split())
_BEFORE: Final = 3  # words before a name in which a "not" speaks of it
# Words people put around the name of a language, normalised; anything else makes it a question ("Spanish classes").
AROUND: Final = frozenset(
    normalise(
        "en in a al to the el la i my me mi yo we please por favor pls quiero queremos want prefer prefiero can puedo hablo habla "
        "hablar hablamos speak spoken talk write escribir language idioma lengua lingua limba jezik change switch cambiar cambia use "
        "usar solo only si yes ok is es hola hello hi ana bghit hder nhder bel b bil lgha اللغه لغه لغتي بدي اريد ابي بغيت احكي "
        "اتكلم بتكلم نهدر هضر ب "
        "do you have there are is it in with me to us any some not understand only but also and y e et und i si va also need necesito "
        "habláis habláis hablas hablan hablais habla hay tienes tienen tenéis entiendes su vuestro dialecto dialect "
        "parlez vous tu parlez parles est ce que vous en avez avec moi comprends besoin langue svp moi "
        "sprechen sie sprichst du sprecht ihr bitte kannst können haben gibt es auf meine muttersprache nur "
        "você fala falo "
        "parli parlate parla lei si può in avete c è per favore voglio mia solo "
        "vorbiți vorbiti vorbesti vorbești vorbesc se poate în aveți limba mea te rog vă rog vreau doar "
        "govorim govorite govoriš govorite li na mogu moj molim samo imate "
        "konuşuyor musun musunuz konuşabilir istiyorum var mı lütfen biliyor dilim bilgiyorum "
        "μιλας μιλατε μιλάω μιλάς μιλάτε παρακαλω θελω στα έχετε μόνο "
        "по можно ви ты ти розмовляєте говорите говорить можна будь ласка є чи на моя тільки мовою хочу "
        "flisni flisni shqip dua ju lutem keni e mia "
        "بتحكي تحكي بتحكوا تحكون تتكلم تتكلمون بتتكلم بتتكلموا هل انت انتم تعرف "
        "عندكم عندك فيه في نحكي كنهضر كتهضر واش تهضر كتهضرو هل لغتي لهجه باللغه باللهجه "
        "او ارجوك لو سمحت ممكن و فقط "
        "کیا اپ آپ بولتے ہیں میں بات کریں زبان بول سکتے ہو "
        "你 你们 会 说 吗 有 讲 我 只 能 请 想 要 话 "
        "bonjour salut hallo guten tag ciao buongiorno buna ziua salam سلام السلام عليكم γεια σας привіт merhaba zdravo bom dia olá "
        "من فضلك انا نعم مرحبا je parle parler s il vous plait ich spreche sprache auf vorbesc ja pricam flas gjuha "
        "türkçe konuşuyorum dil μιλαω γλωσσα я говорю розмовляю мова язык 我 说 讲 会 用 语 言"
    ).split()
)
# What people call a language beside the names that dictionaries give; its own name, too, where no city speaks it (every locale
# that babel loads costs a megabyte).
_ALSO: Final[Mapping[str, str]] = {
    "ar": "arabe arabi arabic araby عربي عربيه العربي darija darija دارجه",
    "en": "english inglish ingles anglais englisch انجليزي انكليزي انجليش inglizi",
    "es": "español castellano spanish espagnol spagnolo اسباني سبليوني sbanyouliya isbani",
    "fr": "français francais frances french فرنسي فرنساوي fransawi",
    "uk": "українська украинский ukrainian ukrainska ukrayinska ucraniano ukrainien اوكراني",
    "ro": "română romana romanian rumano moldovan romaneste روماني",
    "zh": "中文 汉语 普通话 chino chinese mandarin zhongwen 中国话",
    "ru": "ruso russian russkiy русский",
    "ur": "urdu اردو",
    "fa": "farsi persian dari فارسي دري",
    "it": "italiano italian ايطالي",
    "de": "deutsch german aleman الماني",
    "sq": "shqip albanian albanese albanes",
    "tr": "türkçe turkce turkish turco تركي",
    "hr": "hrvatski croatian croata",
    "el": "ελληνικα greek griego ellinika",
    "so": "somali soomaali",
    "ps": "pashto پښتو",
    "am": "amharic አማርኛ",
    "ti": "tigrinya ትግርኛ",
}


def _arabic_forms(name: str) -> Iterator[str]:
    """Yield an Arabic name of a language also as people shorten it: "الإنجليزية" is said "إنجليزي"."""
    yield name
    bare = normalise(name).removeprefix("ال")
    if bare != normalise(name):
        yield from (bare, bare.removesuffix("ه"))


def _name_in(locale: str, of: str) -> str | None:
    try:
        return Locale.parse(locale, sep="-").get_display_name(of.replace("-", "_")) if of else None
    except (UnknownLocaleError, ValueError):
        return None


def _language_names(locale: str, in_locales: Iterable[str]) -> Iterator[str]:
    names = [_name_in(locale, other) for other in in_locales]
    for name in filter(None, names):
        yield from _arabic_forms(name)
    yield from _ALSO.get(locale, "").split()


class LanguageNames:
    """The languages of the knowledge, by their own names and by what the cities' languages call them."""

    def __init__(self, knowledge: Knowledge) -> None:
        spoken = dict.fromkeys(locale for city in knowledge.cities.values() for locale in city.languages)
        kinds: list[SafetyKind | SmalltalkKind] = [*knowledge.safety.values(), *knowledge.smalltalk.values()]
        known = dict.fromkeys([*spoken, *(locale for kind in kinds for locale in kind.phrases)])
        self._codes = frozenset(known)
        self._finder = PhraseFinder((locale, name) for locale in known for name in _language_names(locale, spoken))

    def resolve(self, text: str) -> str | None:
        """Give the locale that a text names and does nothing else; None where it says more than that."""
        words = normalise(text).split()
        if len(words) == 1 and words[0] in self._codes:
            return words[0]
        hits = _longest_first(self._finder.find(words))
        return hits[0].label if hits and all(word in AROUND for word in _outside(words, hits)) else None


def _outside(words: list[str], hits: list[Hit]) -> list[str]:
    """List the words that belong to no name of the first one's label."""
    inside = {at for hit in hits if hit.label == hits[0].label for at in range(hit.start, hit.end + 1)}
    return [word for at, word in enumerate(words) if at not in inside]


def _longest_first(hits: list[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.length, hit.start, hit.label))


def _city_names(city: City) -> Iterator[tuple[str, str]]:
    for names in (*((name,) for name in city.names.values()), *city.aliases.values()):
        yield from ((city.slug, name) for name in names)
    for area in city.areas.values():
        for names in (*((name,) for name in area.names.values()), *area.aliases.values()):
            yield from ((f"{city.slug}:{area.slug}", name) for name in names)


class CityNames:
    """The cities and their areas, by their names and aliases in all languages."""

    def __init__(self, cities: Mapping[str, City]) -> None:
        self._finder = PhraseFinder(pair for city in cities.values() for pair in _city_names(city))

    def resolve(self, text: str) -> tuple[str, str | None] | None:
        """Give the city, and the area of it, that a short text names; None where it names none or says "not"."""
        words = normalise(text).split()
        if not words or len(words) > _MAX_WORDS:
            return None
        hits = [hit for hit in self._finder.find(words) if _counts(words, hit)]
        if not hits:
            return None
        best = min(hits, key=lambda hit: (-hit.length, ":" not in hit.label, hit.start, hit.label))
        city, _colon, area = best.label.partition(":")
        return city, area or None


def _counts(words: list[str], hit: Hit) -> bool:
    """Tell whether a name that was found is meant: it is no two-letter word by chance and not denied."""
    denied = not _NOT.isdisjoint(words[max(0, hit.start - _BEFORE) : hit.start])
    chance = hit.start == hit.end and len(words) > 1 and len(words[hit.start]) < _SHORT and not is_cjk(words[hit.start])
    return not denied and not chance

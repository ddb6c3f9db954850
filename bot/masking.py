"""Takes out of a question what could tell who asked: numbers, addresses, links and names, in every language of ours. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_MASKED: Final = 500  # characters of a question that are kept
MAX_READ: Final = 1000  # characters of a text that are looked at
NUMBER, EMAIL, LINK, ADDRESS, NAME = "[number]", "[e-mail]", "[link]", "[address]", "[name]"
MARKS: Final = (NUMBER, EMAIL, LINK, ADDRESS, NAME)
_ANY_MARK = re.compile(r"\[(?:number|e-mail|link|address|name)\]")

_LETTER = r"[^\W\d_]"
_WORD = rf"{_LETTER}[\w'’ʼ\-]*"
_CJK = "\u3400-\u9fff"
_JOINERS = "\u200c\u200d"  # they shape letters in Arabic script; every other invisible character goes


# ---------------------------------------------------------------- addresses of machines, numbers

_EMAIL = re.compile(r"\S*[^\S\n]?@[^\S\n]?\S*")
_ENDINGS = "com|org|net|info|eu|es|it|de|at|gr|hr|ro|fr|al|tr|ua|ru|uk|us|cn|pk|me|io|app|gov|edu|gob|gal|cat|link|site|online"
_LINK = re.compile(rf"(?:https?://|www\.)\S+|(?<![\w.])[\w\-]+(?:\.[\w\-]+)*\.(?:{_ENDINGS})(?![\w\-])(?:[/?#]\S*)?", re.IGNORECASE)
_BETWEEN = rf"[\s().,:/\\\-–—·•_+*#'{_JOINERS}]{{0,3}}"
_NUMBER = re.compile(rf"[+(]{{0,2}}[\w]*\d(?:{_BETWEEN}\d){{3,}}\w*")


# ---------------------------------------------------------------- streets

_STREETS_BEFORE = (
    r"calle|c/|avda|avenida|av|plaza|pza|paseo|camino|carretera|ronda|glorieta|travesía|travesia|via|viale|vicolo|corso|piazza|piazzale|"
    r"largo|borgo|rue|avenue|boulevard|bd|bvd|allée|allee|chemin|impasse|quai|place|strada|str|stradă|bulevardul|bd-ul|aleea|calea|piața|"
    r"piata|splaiul|intrarea|ulica|ul|trg|cesta|avenija|rruga|rr|bulevardi|"
    r"sheshi|cadde|caddesi|cad|sokak|sokağı|sk|mahallesi|mah|mahalle|"
    r"bulvarı|οδός|οδος|οδό|οδο|λεωφόρος|λεωφορος|λεωφ|πλατεία|πλατεια|вулиця|вулиці|"
    r"вулицю|вул|проспект|просп|провулок|площа|бульвар|улица|улице|улицу|ул|"
    r"переулок|пер|площадь|شارع|طريق|زنقة|ساحة|حي|حارة|نهج|سڑک|گلی|محلہ|روڈ"
)
_STREETS_AFTER = (
    r"street|st|road|rd|avenue|ave|lane|ln|square|drive|court|straße|strasse|"
    r"str|gasse|weg|platz|allee|ulica|trg|cesta|avenija|cadde|caddesi|cad|"
    r"sokak|sokağı|sokağ[ıi]|sk|bulvarı|mahallesi|вулиця|вулиці|проспект|провулок|улица|улице|проспект|переулок|روڈ|سڑک|گلی|اسٹریٹ"
)
_HOUSE = r"(?:n[°ºr.]?o?|no|nr|num|número|numero|br|αρ|рядом|буд|дом|д|رقم|نمبر)?[.:°º]?\s{0,2}\d{1,4}\s?[a-zA-Z]?(?![\w])"
_STREET = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\w])\d{{1,4}}\s?[a-z]?,?\s{{1,2}}(?:bis\s|ter\s)?(?:rue|avenue|av|boulevard|bd|allée|chemin|impasse|quai|place)\.?\s(?:{_WORD}\s?){{1,4}}",
        rf"(?<![\w])\d{{1,4}}\s?[a-z]?,?\s{{1,2}}(?:{_WORD}\s){{1,3}}(?:street|st|road|rd|avenue|ave|lane|ln|square|drive|court)(?![\w])",
        rf"(?<![\w])(?:{_WORD}\s){{0,2}}{_WORD}(?:straße|strasse|str\.|gasse|platz|allee|weg|ring|kai|gürtel)\s{{0,2}}{_HOUSE}",
        rf"(?<![\w])(?:{_WORD}\s){{1,3}}(?:{_STREETS_AFTER})\.?,?\s{{0,2}}{_HOUSE}",
        rf"(?<![\w])(?:{_STREETS_BEFORE})(?:\.\s{{0,2}}|\s{{1,2}})(?:{_WORD}[.,]?\s{{1,2}}){{1,4}}{_HOUSE}",
        rf"[{_CJK}]{{0,6}}(?:路|街|巷|道|弄|大道|胡同)\s?\d+\s?(?:号|號|弄|室|楼)?",
        r"\d+\s?(?:号|號|室|栋)",
    )
)


# ---------------------------------------------------------------- names

_INTRODUCED = (
    # en, es, fr
    r"my name is|my name's|my name|the name is|name is|i am called|i'm called|they call me|call me|me llamo|mi nombre es|me llaman|"
    r"je m'appelle|je m’appelle|je m appelle|je mappelle|mon nom est|mon prénom est|mon prenom est|moi c'est|moi c’est|"
    # de, it, ro
    r"ich heiße|ich heisse|ich heiß|mein name ist|mein name|mi chiamo|"
    r"il mio nome è|il mio nome e|mă numesc|ma numesc|mă cheamă|ma cheama|"
    r"numele meu este|numele meu e|numele meu|"
    # hr, sq, tr
    r"zovem se|moje ime je|ime mi je|quhem|unë quhem|une quhem|më quajnë|me quajne|emri im është|emri im eshte|emri im|benim adım|"
    r"benim adim|adım|adim|ismim|benim ismim|"
    # el, uk, ru
    r"με λένε|με λενε|ονομάζομαι|ονομαζομαι|το όνομά μου είναι|το ονομα μου ειναι|λέγομαι|λεγομαι|мене звати|мене звуть|мене кличуть|"
    r"моє ім'я|моє ім’я|моє імя|меня зовут|моё имя|мое имя|моя фамилия|моє прізвище|"
    # ar, ur, and both in Latin letters
    r"اسمي هو|اسمي|إسمي|أسمي|اسمى|أدعى|ادعى|میرا نام|ميرا نام|میرانام|mera naam|mera nam|ismi|esmi|"
    # surnames and titles
    r"mi apellido es|my surname is|my last name is|mein nachname ist|mon nom de famille est|il mio cognome è"
)
_TITLES = (
    r"mr|mrs|ms|miss|señor|señora|sr|sra|don|doña|monsieur|madame|mme|mlle|herr|frau|signor|signora|sig|domnul|doamna|gospodin|gospođa|"
    r"gospođo|zoti|zonja|bay|bayan|κύριος|κυρία|κύριε|κ|пан|пані|господин|госпожа|السيد|السيدة|الأستاذ|جناب|محترمہ|dr|doctor|doktor"
)
_GREETINGS = (
    r"hello|hi|hey|dear|good morning|good afternoon|good evening|hola|"
    r"buenos días|buenos dias|buenas tardes|buenas noches|buenas|bonjour|bonsoir|salut|"
    r"hallo|guten tag|guten morgen|guten abend|grüß gott|servus|ciao|buongiorno|buonasera|salve|bună|buna|bună ziua|buna ziua|salut|"
    r"bok|dobar dan|dobro jutro|pozdrav|përshëndetje|pershendetje|tungjatjeta|mirëdita|"
    r"miredita|merhaba|selam|iyi günler|γεια|γειά σας|γεια σας|"
    r"καλημέρα|καλησπέρα|привіт|добрий день|доброго дня|вітаю|привет|"
    r"здравствуйте|добрый день|مرحبا|أهلا|اهلا|السلام عليكم|سلام|السلام علیکم"
)
_SMALL_WORDS = (
    "and i my from with the a an is am in at to for y e o soy vengo de del con en tengo necesito mi es que et je j'ai suis du "
    "avec und ich bin aus mit habe von io ho sono di da vorrei și si sunt din cu vreau ja sam iz imam dhe unë une jam nga kam "
    "ve ben και είμαι ειμαι από απο έχω εχω θέλω і й та я з із мене маю хочу и из мне у меня أنا انا من و عندي لدي أريد اريد "
    "في ہے اور میں مجھے سے hai aur main"
)
_NOT_A_NAME = frozenset(_SMALL_WORDS.split())
_IS = r"(?:\s?[:=,]\s?|\s{1,3})"
_INTRODUCTION = re.compile(rf"(?<![\w])(?P<lead>(?:{_INTRODUCED}){_IS})(?P<names>{_WORD}(?:\s{{1,2}}{_WORD}){{0,3}})", re.IGNORECASE)
_TITLED = re.compile(rf"(?<![\w])(?P<lead>(?i:{_TITLES})\.?\s{{1,2}})(?P<names>{_WORD}(?:\s{{1,2}}{_WORD}){{0,2}})")
_GREETED = re.compile(
    rf"(?<![\w])(?P<lead>(?i:{_GREETINGS})[,!]?\s{{1,2}})(?P<names>{_WORD}(?:\s{{1,2}}{_WORD}){{0,2}})(?=\s*[,.!;،。！，\n]|\s*$)"
)
_SELF = re.compile(
    rf"(?<![\w])(?P<lead>(?i:this is|i am|i'm|i’m|soy|je suis|sono|sunt|ich bin|ja sam|jam|unë jam|είμαι|я|это|це|أنا|انا|میں)\s{{1,2}})"
    rf"(?P<names>{_WORD}(?:\s{{1,2}}{_WORD}){{1,2}})"
)
_CHINESE = re.compile(rf"(我叫|我的名字(?:是|叫)|我名叫|我姓名是|我姓)([{_CJK}]{{1,4}}?)(?=[^{_CJK}]|$|我|想|要|在|从|是|来|，|住)")
_CHINESE_REST = re.compile(rf"(我叫|我的名字(?:是|叫)|我名叫|我姓名是|我姓)[{_CJK}]{{1,3}}")


def mask(text: str) -> str:
    """Return a question without what could tell who asked, as one line of at most MAX_MASKED characters.

    It leaves no "@", and no four digits that only spaces or signs stand between. Names are known by what goes before them, so that some
    will stay: who reads the texts should expect that."""
    text = _flat(text[:MAX_READ])
    text = _EMAIL.sub(f" {EMAIL} ", text)
    text = _LINK.sub(f" {LINK} ", text)
    for street in _STREET:
        text = street.sub(f" {ADDRESS} ", text)
    text = _CHINESE.sub(rf"\1{NAME}", text)
    text = _CHINESE_REST.sub(rf"\1{NAME}", text)
    text = _INTRODUCTION.sub(_introduced, text)
    text = _TITLED.sub(_capitalised, text)
    text = _GREETED.sub(_greeted, text)
    text = _SELF.sub(_full_name, text)
    while _NUMBER.search(text):
        text = _NUMBER.sub(f" {NUMBER} ", text)
    return " ".join(text[: MAX_MASKED + 40].split())[:MAX_MASKED].strip()


def unmarked(text: str) -> str:
    """Return a masked text without its marks."""
    return " ".join(_ANY_MARK.sub(" ", text).split())


def has_marks(text: str) -> bool:
    """Say whether something was taken out."""
    return _ANY_MARK.search(text) is not None


def _flat(text: str) -> str:
    """Write compatible forms and digits the plain way, on one line, without invisible characters."""
    kept: list[str] = []
    for letter in unicodedata.normalize("NFKC", text):
        category, digit = unicodedata.category(letter), unicodedata.digit(letter, None)
        if category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and letter not in _JOINERS:
            kept.append("" if category == "Cf" else " ")
        else:
            kept.append(str(digit) if digit is not None and not letter.isdecimal() else letter)
    return " ".join("".join(kept).split())


# ---------------------------------------------------------------- which of the words behind are a name


def _introduced(found: re.Match[str]) -> str:
    """Mask the first word, one more unless it is a small word, and further ones that begin like a name."""
    words = found["names"].split()
    count = 1
    for word in words[1:]:
        is_name = _is_capital(word) if count >= 2 or (_has_case(word) and _is_capital(words[0])) else not _is_small(word)
        if not is_name or _is_small(word):
            break
        count += 1
    return _masked(found, count)


def _capitalised(found: re.Match[str]) -> str:
    words = found["names"].split()
    count = next((number for number, word in enumerate(words) if not _is_capital(word)), len(words))
    return _masked(found, count) if count else found[0]


def _greeted(found: re.Match[str]) -> str:
    words = found["names"].split()
    is_name = all(map(_is_capital, words)) if _has_case(words[0]) else len(words) == 1
    return _masked(found, len(words)) if is_name else found[0]


def _full_name(found: re.Match[str]) -> str:
    """Mask two words or more that all begin with a capital: one alone is more often a nationality."""
    words = found["names"].split()
    count = next((number for number, word in enumerate(words) if not (_has_case(word) and _is_capital(word))), len(words))
    return _masked(found, count) if count >= 2 else found[0]


def _masked(found: re.Match[str], count: int) -> str:
    rest = found["names"].split()[count:]
    return " ".join([found["lead"].rstrip(), NAME, *rest])


def _is_capital(word: str) -> bool:
    return not _has_case(word) or word[0].isupper()


def _has_case(word: str) -> bool:
    return word[0].lower() != word[0].upper()


def _is_small(word: str) -> bool:
    return word.lower() in _NOT_A_NAME or (not _has_case(word) and word.startswith("و") and len(word) > 3)

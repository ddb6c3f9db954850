"""What languages are called: by themselves, and where the tables of babel have no name, in ours.

Babel knows the names languages give themselves as well, but loads all of a language to tell its name: 2.4 s and 158 MB for all of them
(measured, babel 2.19). Hence the list, as Unicode CLDR has it; a test compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_LIST = """\
aa Qafar
ab Аԥсшәа
ady адыгабзэ
af Afrikaans
agq Aghem
ak Akan
am አማርኛ
an aragonés
ann Obolo
ar العربية
arn Mapudungun
as অসমীয়া
asa Kipare
ast asturianu
az azərbaycan
ba башҡорт
bal بلۆچی
bas Ɓàsàa
be беларуская
bem Ichibemba
bew Betawi
bez Hibena
bg български
bgc हरियाणवी
bgn بلوچی (رخشانی)
bho भोजपुरी
blo anii kagɩja
blt ꪼꪕꪒꪾ
bm bamanakan
bn বাংলা
bo བོད་སྐད་
bqi لوری بختیاری
br brezhoneg
brh براہوئی
brx बर’
bs bosanski
bss Akoose
bua буряад
byn ብሊን
ca català
cad Caddo
cch Atsam
ccp 𑄌𑄋𑄴𑄟𑄳𑄦
ce нохчийн
ceb Cebuano
cgg Rukiga
cho Chahta
chr ᏣᎳᎩ
cic Chikashshanompaʼ
ckb کوردیی ناوەندی
co corsu
cop ϯⲙⲉⲧⲣⲉⲙⲛ̀ⲭⲏⲙⲓ
cs čeština
csw ᓀᐦᐃᓇᐍᐏᐣ
cu церковнослове́нскїй
cv чӑваш чӗлхи
cy Cymraeg
da dansk
dav Kitaita
de Deutsch
dje Zarmaciine
doi डोगरी
dsb dolnoserbšćina
dua duálá
dv ދިވެހިބަސް
dyo joola
dz རྫོང་ཁ
ebu Kĩembu
ee eʋegbe
el Ελληνικά
en English
eo Esperanto
es español
et eesti
eu euskara
ewo ewondo
fa فارسی
ff Pulaar
fi suomi
fil Filipino
fo føroyskt
fr français
frr Nordfriisk
fur furlan
fy Frysk
ga Gaeilge
gaa Gã
gd Gàidhlig
gez ግዕዝኛ
gl galego
gn avañe’ẽ
gsw Schwiizertüütsch
gu ગુજરાતી
guz Ekegusii
gv Gaelg
ha Hausa
haw ʻŌlelo Hawaiʻi
he עברית
hi हिन्दी
hnj 𞄀𞄄𞄰𞄩𞄍𞄜𞄰
hr hrvatski
hsb hornjoserbšćina
ht Kreyòl Ayisyen
hu magyar
hy հայերեն
ia interlingua
id Indonesia
ie Interlingue
ig Asụsụ Igbo
ii ꆈꌠꉙ
io Ido
is íslenska
it italiano
iu ᐃᓄᒃᑎᑐᑦ
ja 日本語
jbo la .lojban.
jgo Ndaꞌa
jmc Kimachame
jv Jawa
ka ქართული
kaa қарақалпақша
kab Taqbaylit
kaj Kaje
kam Kikamba
kbd къэбэрдеибзэ
kcg Katab
kde Chimakonde
kea kabuverdianu
kek Qʼeqchiʼ
ken Kɛnyaŋ
kgp kanhgág
khq Koyra ciini
ki Gĩgĩkũyũ
kk қазақ тілі
kkj kakɔ
kl kalaallisut
kln Kalenjin
km ខ្មែរ
kn ಕನ್ನಡ
ko 한국어
kok कोंकणी
kpe Kpɛlɛɛ
ks کٲشُر
ksb Kishambaa
ksf rikpa
ksh Kölsch
ku kurdî (kurmancî)
kw kernewek
kxv kuvi
ky кыргызча
la Latina
lag Kɨlaangi
lb Lëtzebuergesch
lg Luganda
lij ligure
lkt Lakȟólʼiyapi
lld ladin
lmo Lombard
ln lingála
lo ລາວ
lrc لۊری شومالی
lt lietuvių
ltg latgalīšu
lu Tshiluba
luo Dholuo
luy Luluhia
lv latviešu
lzz Lazuri
mai मैथिली
mas Maa
mdf мокшень кяль
mer Kĩmĩrũ
mfe kreol morisien
mg Malagasy
mgh Makua
mgo metaʼ
mi Māori
mic Lʼnuiʼsuti
mk македонски
ml മലയാളം
mn монгол
mni মৈতৈলোন্
moh Kanienʼkéha
mr मराठी
ms Melayu
mt Malti
mua MUNDAŊ
mus Mvskoke
my မြန်မာ
myv эрзянь кель
mzn مازرونی
naq Khoekhoegowab
nb norsk bokmål
nd isiNdebele
nds Neddersass’sch
ne नेपाली
nl Nederlands
nmg Kwasio
nn norsk nynorsk
nnh Shwóŋò ngiembɔɔn
no norsk
nqo ߒߞߏ
nr isiNdebele
nso Sesotho sa Leboa
nus Thok Nath
nv Diné Bizaad
ny Nyanja
nyn Runyankore
oc occitan
oka n̓səl̓xcin̓
om Oromoo
or ଓଡ଼ିଆ
os ирон
osa 𐓏𐓘𐓻𐓘𐓻𐓟
pa ਪੰਜਾਬੀ
pap Papiamentu
pcm Naijíriá Píjin
pis Pijin
pl polski
pms piemontèis
prg prūsiskan
ps پښتو
pt português
qu Runasimi
quc kʼicheʼ
raj राजस्थानी
rhg 𐴌𐴗𐴥𐴝𐴙𐴚𐴒𐴙𐴝
rif Tarifit
rm rumantsch
rn Ikirundi
ro română
rof Kihorombo
ru русский
rw Ikinyarwanda
rwk Kiruwa
sa संस्कृत भाषा
sah саха тыла
saq Kisampur
sat ᱥᱟᱱᱛᱟᱲᱤ
sbp Ishisangu
sc sardu
scn sicilianu
sd سنڌي
sdh کوردی خوارگ
se davvisámegiella
seh sena
ses Koyraboro senni
sg Sängö
shi ⵜⴰⵛⵍⵃⵉⵜ
shn တႆး
si සිංහල
sid Sidaamu Afo
sk slovenčina
sl slovenščina
sma Åarjelsaemien gïele
smj julevsámegiella
smn anarâškielâ
sms sääʹmǩiõll
sn chiShona
so Soomaali
sq shqip
sr српски
ss siSwati
ssy Saho
st Sesotho
su Basa Sunda
sv svenska
sw Kiswahili
syr ܣܘܪܝܝܐ
szl ślōnski
ta தமிழ்
te తెలుగు
teo Kiteso
tg тоҷикӣ
th ไทย
ti ትግርኛ
tig ትግረ
tk türkmen dili
tl Filipino
tn Setswana
to lea fakatonga
tok toki pona
tpi Tok Pisin
tr Türkçe
trv patas Taroko
trw توروالی
ts Xitsonga
tt татар
tw Akan
twq Tasawaq senni
tyv Тыва
tzm Tamaziɣt n laṭlaṣ
ug ئۇيغۇرچە
uk українська
ur اردو
uz o‘zbek
vai ꕙꔤ
ve Tshivenḓa
vec veneto
vi Tiếng Việt
vmw emakhuwa
vo Volapük
vun Kyivunjo
wa walon
wae Walser
wal ወላይታቱ
wbp Warlpiri
wo Wolof
xh IsiXhosa
xnr कांगड़ी
xog Olusoga
yav nuasue
yi ייִדיש
yo Èdè Yorùbá
yrl nheẽgatu
yue 粵語
za Vahcuengh
zgh ⵜⴰⵎⴰⵣⵉⵖⵜ
zh 中文
zu isiZulu
"""

OWN_NAMES: Mapping[str, str] = dict(line.split(" ", 1) for line in _LIST.splitlines())


@dataclass(frozen=True, slots=True)
class Names:
    """A language as it names itself (empty: as the tables have it), as our languages name it, and how people write it otherwise."""

    own: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()


def _names(own: str, en: str, es: str, ar: str, *others: str) -> Names:
    return Names(own, {"en": en, "es": es, "ar": ar}, others)


# Names that stand for several languages: who writes one of them is asked which is meant.
_KURDISH = ("kurdo", "kurdish", "kurd", "كردي", "الكردية", "kurdi", "curdo", "kurde", "kurdisch")
_BERBER = (
    "bereber", "beréber", "berber", "amazigh", "tamazight", "الأمازيغية", "امازيغي", "بربري", "berbero", "berberisch", "berbera",
    "берберська",
)  # fmt: skip
_AFGHAN = ("afgano", "afghan", "افغاني", "afghanisch", "afghano", "afgan")

# What the tables lack: languages without a name in Spanish or Arabic, and languages they do not have at all.
ADDED: Mapping[str, Names] = {
    "acm": _names("عراقي", "Iraqi Arabic", "árabe iraquí", "العربية العراقية", "iraquí", "iraqi", "irakisch", "irakien", "iracheno"),
    "aeb": _names("تونسي", "Tunisian Arabic", "árabe tunecino", "العربية التونسية",
        "tunecino", "tunisian", "tunisien", "tunisino", "tunesisch", "tounsi"),
    "aii": _names("ܣܘܪܝܬ", "Assyrian", "asirio", "الآشورية", "sureth", "asirio neoarameo", "اشوري"),
    "aln": _names("gegë", "Gheg Albanian", "albanés guego", "الألبانية الغيغية"),
    "apc": _names("شامي", "Levantine Arabic", "árabe levantino", "العربية الشامية",
        "sirio", "syrian", "syrien", "syrisch", "siriano", "shami", "libanés", "lebanese", "سوري", "لبناني", "فلسطيني", "palestinian"),
    "apd": _names("سوداني", "Sudanese Arabic", "árabe sudanés", "العربية السودانية", "sudanés", "sudanese"),
    "arq": _names("دزيرية", "Algerian Arabic", "árabe argelino", "العربية الجزائرية",
        "argelino", "algerian", "algérien", "algerino", "algerisch", "جزائري"),
    "ary": _names("الدارجة", "Moroccan Arabic", "árabe marroquí", "العربية المغربية",
        "darija", "dariya", "derja", "marroquí", "moroccan", "marocain", "marokkanisch", "marocchino", "مغربي", "المغربية"),
    "arz": _names("مصري", "Egyptian Arabic", "árabe egipcio", "العربية المصرية",
        "egipcio", "egyptian", "égyptien", "egiziano", "ägyptisch", "masri", "المصرية"),
    "cnr": _names("crnogorski", "Montenegrin", "montenegrino", "لغة الجبل الأسود", "montenegrinisch", "monténégrin"),
    "ctg": _names("চাটগাঁইয়া", "Chittagonian", "chitagoniano", "الشيتاغونغية"),
    "haz": _names("هزارگی", "Hazaragi", "hazaragi", "الهزارية", "hazara"),
    "jam": _names("Patwa", "Jamaican Creole", "criollo jamaicano", "الكريولية الجامايكية", "patois"),
    "kmr": _names("Kurmancî", "Northern Kurdish", "kurdo del norte", "الكرمانجية",
        "kurmanji", "kurmanyi", "badini", "كرمانجي", "بهديني", *_KURDISH),
    "kri": _names("Krio", "Krio", "krio", "الكريو"),
    "mey": _names("حسانية", "Hassaniya", "hasanía", "الحسانية", "hassania", "hassaniyya", "hasania", "saharaui", "sahrawi", "صحراوي"),
    "mnk": _names("Mandinka", "Mandinka", "mandinka", "الماندينكية", "mandinga", "mandingo", "mandinke", "malinké"),
    "phr": _names("پہاڑی", "Pahari-Pothwari", "pahari", "البهاري", "pothwari", "potwari", "mirpuri", "پوٹھواری"),
    "prs": _names("دری", "Dari", "darí", "الدارية", "persa afgano", "farsi dari", *_AFGHAN),
    "rif": _names("Tarifit", "Riffian", "rifeño", "الريفية", "tarifit", "rifain", "ريفي", *_BERBER),
    "rom": _names("romani ćhib", "Romani", "romaní", "لغة الروما", "romanes", "romanés", "gitano", "gypsy", "الغجرية"),
    "sgn": _names("", "sign language", "lengua de signos", "لغة الإشارة", "lse", "lengua de señas", "signos", "señas"),
    "skr": _names("سرائیکی", "Saraiki", "saraiki", "السرائيكية", "seraiki", "siraiki"),
    "syl": _names("ꠍꠤꠟꠐꠤ", "Sylheti", "silheti", "السيلهيتية"),
    "tru": _names("Ṣurayt", "Turoyo", "turoyo", "الطورية", "suryoyo", "سرياني"),
    # other ways of writing names the tables have
    "bin": Names(others=("edo", "bini")),
    "bm": Names(others=("bambara", "bamanankan")),
    "ca": Names(others=("valenciano", "valencià", "mallorquín")),
    "ckb": Names(others=("sorani", "kurdo central", "kurdo sorani", "سوراني", "السورانية", "سۆرانی", *_KURDISH)),
    "es": Names(others=("castellano", "mexicano", "español mexicano", "español latino", "mexican spanish", "latin american spanish")),
    "dyu": Names(others=("dioula", "diula", "jula")),
    "fa": Names(others=("farsi", "фарсі", "фарси", "φαρσι", "farsça", "parsi", "iraní", "iranian", "فارسي", "ايراني")),
    "ff": Names(others=("fulani", "peul", "pular", "fulfulde", "fulbe")),
    "fil": Names(others=("tagalo", "tagalog", "pilipino")),
    "ku": Names(others=_KURDISH),
    "man": Names(others=("manding",)),
    "pcm": Names(others=("pidgin", "pidgin english")),
    "ps": Names(others=_AFGHAN),
    "pt": Names(others=("brasileño", "brazilian", "português do brasil", "برازيلي")),
    "ro": Names(others=("moldavo", "moldauisch", "moldave", "moldovenească", "молдавська", "moldovan", "moldavian")),
    "ru": Names(others=("русски", "russki", "ruski", "rusky")),
    "sh": Names(others=("serbo croata", "serbo croatian", "bosnio croata serbio", "yugoslavo")),
    "shi": Names(others=("tachelhit", "tashelhit", "chelja", "chelha", "chleuh", "soussia", "شلحة", "سوسية", *_BERBER)),
    "snk": Names(others=("sarakole", "sarakolé", "soninké")),
    "ti": Names(others=("tigrigna", "tigrinia", "tigriña")),
    "tl": Names(own="Tagalog"),
    "tw": Names(own="Twi"),
    "ur": Names(others=("الأردية", "اردو", "باكستاني", "pakistaní", "pakistani")),
    "wuu": Names(others=("wenzhounese", "wenzhou", "qingtian", "qingtianés", "shanghainese", "shanghainés", "温州话", "青田话", "上海话")),
    "zgh": Names(others=_BERBER),
    "yue": Names(others=("cantonés", "cantonese", "cantonais", "广东话", "粤语", "廣東話")),
    "zh": Names(others=("mandarin", "mandarín", "chino mandarín", "mandarin chinese", "putonghua", "普通话", "汉语", "国语")),
}  # fmt: skip

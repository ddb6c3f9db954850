"""Words for days that dateparser lacks or trips over, in the languages of our cities; normalised when they are read in.

One line for each meaning; a comma parts the ways of saying it. Arabic, Spanish and English come first, then the others."""

from __future__ import annotations

from collections.abc import Mapping

from bot.matching.normalise import normalise

_SAID_DAYS: Mapping[int, str] = {
    0: "hoy, today, tonight, اليوم, heute, aujourd'hui, aujourdhui, oggi, azi, astăzi, danas, sot, bugün, σήμερα, "
    "simera, сьогодні, сегодня, آج, aaj, 今天",
    1: "mañana, tomorrow, غدا, بكره, بكرا, غدوا, morgen, demain, domani, mâine, sutra, nesër, yarın, αύριο, avrio, "
    "завтра, zavtra, کل, kal, 明天",
    2: "pasado mañana, day after tomorrow, بعد غد, بعد غدا, بعد الغد, بعد بكره, بعد بكرا, übermorgen, après demain, "
    "dopodomani, poimâine, preksutra,"
    "prekosutra, pasnesër, öbür gün, μεθαύριο, methavrio, післязавтра, послезавтра, پرسوں, parson, 后天",
    -1: "ayer, yesterday, امس, مبارح, gestern, ieri, jučer, dje, dün, χθες, χτες, вчора, вчера, 昨天",
    -2: "anteayer, day before yesterday, اول امس, vorgestern, avant hier, l'altro ieri, alaltăieri, prekjučer, pardje, "
    "evvelsi gün, προχθές, позавчора, 前天",
}
_SAID_NEXT_WEEK = (
    "semana que viene, proxima semana, next week, الاسبوع القادم, الاسبوع المقبل, الاسبوع الجاي, nächste woche, "
    "semaine prochaine, prossima settimana,"
    "settimana prossima, săptămâna viitoare, sljedeći tjedan, idući tjedan, javën tjetër, gelecek hafta, haftaya, επόμενη εβδομάδα,"
    "наступного тижня, наступний тиждень, следующей неделе, اگلے ہفتے, 下周, 下星期"
)
_SAID_UNITS: Mapping[float, str] = {
    1: "day, days, dia, dias, يوم, يوما, ايام, الايام, tag, tage, tagen, jour, jours, giorno, giorni, zi, zile, dan, "
    "dana, ditë, ditësh, gün, μέρα, μέρες,"
    "ημέρα, ημέρες, meres, день, дні, днів, дня, дней, دن, din, 天",
    7: "week, weeks, semana, semanas, اسبوع, اسبوعا, اسابيع, woche, wochen, semaine, semaines, settimana, settimane, "
    "săptămână, săptămâni, tjedan, tjedna,"
    "tjedana, javë, javësh, hafta, εβδομάδα, εβδομάδες, βδομάδα, βδομάδες, тиждень, тижні, тижнів, неделю, недели, "
    "недель, ہفتہ, ہفتے, hafte, 周",
    30: "month, months, mes, meses, شهر, شهرا, اشهر, شهور, monat, monate, monaten, mois, mese, mesi, lună, luni, "
    "mjesec, mjeseca, mjeseci, muaj, ay, μήνα,"
    "μήνες, місяць, місяці, місяців, месяц, месяца, месяцев, مہینہ, مہینے, mahine",
    1 / 24: "hour, hours, hora, horas, ساعه, ساعات, stunde, stunden, heure, heures, ora, ore, oră, sat, sata, sati, orë, "
    "saat, ώρα, ώρες, година, години,"
    "годин, час, часов, گھنٹہ, گھنٹے",
}
_SAID_AGO = "ago, hace, atras, منذ, قبل, vor, fa, acum, prije, parë, önce, πριν, тому, назад, پہلے, 前"
_SAID_COUNTS = (
    "a, an, one, un, una, uno, واحد, واحده, ein, eine, einem, einer, une, o, jedan, jednu, një, bir, μία, ένα, один, одну, ایک, 一",
    "two, dos, اثنين, zwei, deux, due, doi, două, dva, dvije, dy, iki, δύο, два, дві, две, دو, 两, 二",
    "three, tres, ثلاثه, ثلاث, تلات, drei, trois, tre, trei, tri, üç, τρεις, три, تین, 三",
    "four, cuatro, اربعه, اربع, vier, quatre, quattro, patru, četiri, katër, dört, τέσσερις, чотири, четыре, چار, 四",
    "five, cinco, خمسه, خمس, fünf, cinq, cinque, cinci, pet, pesë, beş, πέντε, п'ять, пять, پانچ, 五",
    "six, seis, سته, ست, sechs, sei, șase, šest, gjashtë, altı, έξι, шість, шесть, چھ, 六",
    "seven, siete, سبعه, سبع, sieben, sept, sette, șapte, sedam, shtatë, yedi, επτά, εφτά, сім, семь, سات, 七",
    "eight, ocho, ثمانيه, ثماني, acht, huit, otto, opt, osam, tetë, sekiz, οκτώ, вісім, восемь, آٹھ, 八",
    "nine, nueve, تسعه, تسع, neun, neuf, nove, nouă, devet, nëntë, dokuz, εννέα, дев'ять, девять, نو, 九",
    "ten, diez, عشره, عشر, zehn, dix, dieci, zece, deset, dhjetë, on, δέκα, десять, دس, 十",
)
_MORE_COUNTS: Mapping[int, str] = {
    14: "fourteen, catorce, quatorze, vierzehn, quattordici",
    15: "fifteen, quince, quinze, quindici, fünfzehn",
    20: "twenty, veinte, vingt, venti, zwanzig, douăzeci, dvadeset, yirmi, είκοσι, двадцять",
    30: "thirty, treinta, trente, trenta, dreißig, treizeci, trideset, otuz, τριάντα, тридцять",
}


def _ways(said: str) -> list[str]:
    return [normal for way in said.split(",") if (normal := normalise(way))]


DAYS: Mapping[str, int] = {way: ahead for ahead, said in _SAID_DAYS.items() for way in _ways(said)}
NEXT_WEEK: tuple[str, ...] = tuple(_ways(_SAID_NEXT_WEEK))
UNIT_DAYS: Mapping[str, float] = {way: days for days, said in _SAID_UNITS.items() for way in _ways(said)}
AGO: frozenset[str] = frozenset(_ways(_SAID_AGO))
COUNTS: Mapping[str, int] = {
    way: number for number, said in (*enumerate(_SAID_COUNTS, 1), *_MORE_COUNTS.items()) for way in _ways(said) if way != "on"
}

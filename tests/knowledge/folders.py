"""A small knowledge folder without faults, and ways to spoil it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

GOOD: Mapping[str, str] = {
    "topics.yaml": """\
egov: {icon: "🪪", order: "1", names: {es: Papeles, ar: الأوراق}}
emergency: {icon: "🚨", order: "2", names: {es: Emergencias, ar: الطوارئ}}
""",
    "safety.yaml": """\
kinds:
  medical:
    entry: {madrid: emergency.call-112, elsewhere: emergency.call}
    phrases: {es: [no puedo respirar], ar: [لا أستطيع التنفس]}
not:
  es: [este trabajo me mata]
""",
    "smalltalk.yaml": """\
kinds:
  greeting:
    phrases: {es: [hola], ar: [مرحبا]}
    reply: {es: Hola., ar: مرحبًا.}
""",
    "phrases/es.yaml": """\
interpreter: {situation: anywhere, host: "Idioma: {language}.", words: {ar: "لغة: {language}."}, reading: {ar: إيديوما}}
""",
    "madrid/city.yaml": """\
names: {es: Madrid, ar: مدريد}
aliases: {es: [madrí]}
country: ES
time_zone: Europe/Madrid
currency: EUR
host_language: es
languages: [es, ar]
controller: city
on_call: null
centre: {latitude: "40.4168", longitude: "-3.7038", radius_km: "40"}
emergency: {general: {short: "112"}}
areas: {alcorcon: {names: {es: Alcorcón, ar: ألكوركون}, aliases: {es: [alkorkon]}}}
organisations: {city: {name: Ayuntamiento, kind: public, url: "https://www.madrid.es"}}
first_steps: [egov.padron]
desks: {help: {topics: [egov], hours: "Mo-Fr 09:00-14:00", intake: [letter]}}
""",
    "madrid/places.yaml": """\
office:
  name: Oficina
  kind: town-hall
  area: alcorcon
  address: "Plaza Mayor 1"
  phone: "+34 914 800 010"
  email: "oficina@madrid.es"
  url: "https://www.madrid.es"
  hours: "Mo-Fr 08:30-19:00"
  languages: [es]
  topics: [egov]
  for_whom: [everyone]
  latitude: "40.4"
  longitude: "-3.7"
  speaks_to_people: yes
  sources: [{url: "https://www.madrid.es", seen: 2026-11-23, copy_of: 2024, kind: official}]
  checked: {on: 2026-11-01, by: Ana}
line:
  name: Teléfono 016
  kind: helpline
  short: 016
""",
    "madrid/egov.yaml": """\
padron:
  status: published
  scope: country
  audience: [everyone]
  owner: city
  checked: null
  review_by: 2027-05-01
  facts:
    phone: {phone: "+34 914 800 010", note: old}
    fee: {money: 10.50, currency: EUR}
    book: {url: "https://www.madrid.es/citaprevia"}
    open: {hours_open: "Mo-Fr 08:30-19:00"}
    code: {text: no}
  steps: [book, go]
  needs: [egov.nie]
  places: [office]
  related: [emergency.call-112]
  sources: [{title: Handbook, seen: 2026-11-23, kind: secondary}]
  unverified: [what to do without a lease]
nie:
  status: draft
  audience: [everyone]
""",
    "madrid/emergency.yaml": """\
call-112:
  status: published
  audience: [everyone]
  facts: {line: {short: 016}}
  sources: [{url: "https://www.112.es", seen: 2026-11-23, kind: official}]
""",
    "madrid/es/egov.yaml": """\
padron:
  title: Padrón
  questions: [uno, dos, tres, cuatro, cinco, seis, siete, ocho]
  keywords: [padrón]
  answer: |
    Llama al {phone}. [Cita]({book}) o **web**.

    - Cuesta {fee}
  documents: ["Pasaporte y {code}"]
  steps:
    book: {title: Pide cita, text: "Aquí: {book}"}
    go: {title: Ve, text: Lleva todo.}
  wording: {by: person, of: null, hash: null, checked_by: Ana}
""",
    "madrid/es/emergency.yaml": """\
call-112:
  title: Llama al 112
  questions: [q1, q2, q3, q4, q5, q6, q7, q8]
  answer: Llama.
  wording: {by: machine, of: null}
""",
    "madrid/ar/egov.yaml": """\
padron:
  title: السجل
  questions: [١, ٢, ٣, ٤, ٥, ٦, ٧, ٨]
  answer: "اتصل {phone}"
  documents: []
  steps:
    book: {title: احجز, text: هنا}
    go: {title: اذهب, text: خذ كل شيء}
  wording: {by: machine, of: es, hash: "HASH:egov.padron", checked_by: null}
""",
    "madrid/ar/emergency.yaml": """\
call-112:
  title: اتصل
  questions: [أ, ب, ت, ث, ج, ح, خ, د]
  answer: اتصل.
  wording: {by: machine, of: es, hash: "HASH:emergency.call-112"}
""",
    "madrid/alerts.yaml": """\
- {entries: [egov.padron], from: 2026-11-20, until: 2026-12-01, text: {es: Cerrado.}}
""",
    "madrid/questions.jsonl": """\
{"city": "madrid", "lang": "es", "kind": "plain", "text": "quiero el padrón", "id": "egov.padron", "also": ["egov.nie"]}
{"lang": "es", "text": "qué tiempo hace", "id": null}
""",
}
HASHES = {"HASH:egov.padron": "b692afd59519", "HASH:emergency.call-112": "1d071b813f86"}


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a folder, over what is there."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def good_files() -> dict[str, str]:
    """Return the files of the faultless folder."""
    files = dict(GOOD)
    for mark, value in HASHES.items():
        files = {name: text.replace(mark, value) for name, text in files.items()}
    return files


def spoiled(folder: Path, file: str, old: str, new: str) -> Path:
    """Write the faultless folder with one piece of text exchanged."""
    files = good_files()
    assert files[file].count(old) >= 1, f"{old!r} is not in {file}"
    return write(folder, files | {file: files[file].replace(old, new, 1)})

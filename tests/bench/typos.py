"""Seeded synthetic typos: a share of the words gets one keyboard-like edit."""

from __future__ import annotations

import random
import re

_ROWS = {
    "latin": ["qwertyuiop", "asdfghjkl", "zxcvbnm"],
    "cyrillic": ["йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"],
    "greek": ["ςερτυθιοπ", "ασδφγηξκλ", "ζχψωβνμ"],
    "arabic": ["ضصثقفغعهخحجد", "شسيبلاتنمكط", "ئءؤرىةوزظ"],
}


def _neighbours() -> dict[str, list[str]]:
    out: dict[str, set[str]] = {}
    for rows in _ROWS.values():
        for r, row in enumerate(rows):
            for c, ch in enumerate(row):
                near: set[str] = set()
                for rr in (r - 1, r, r + 1):
                    if 0 <= rr < len(rows):
                        for cc in (c - 1, c, c + 1):
                            if 0 <= cc < len(rows[rr]) and (rr, cc) != (r, c):
                                near.add(rows[rr][cc])
                out[ch] = near
    return {letter: sorted(near) for letter, near in out.items()}


_NEAR = _neighbours()
_CJK = re.compile(r"[\u3400-\u9fff\u3040-\u30ff]")
_TOKEN = re.compile(r"[\u3400-\u9fff\u3040-\u30ff]{1,2}|[^\W\d_]+", re.U)


def _edit(word: str, rng: random.Random) -> str:
    if _CJK.match(word):  # drop, double or swap a character
        op = rng.choice("dts")
        if op == "d":
            return word[1:] if len(word) > 1 else word + word
        return word[::-1] if op == "t" and len(word) > 1 else word + word[-1]
    i = rng.randrange(len(word))
    op = rng.choices("sdtix", weights=(35, 20, 20, 15, 10))[0]
    ch = word[i]
    near = _NEAR.get(ch.lower()) or sorted(set(word.lower()) - {ch.lower()}) or [ch]
    pick = rng.choice(near)
    if op == "s":
        return word[:i] + pick + word[i + 1 :]
    if op == "d":
        return word[:i] + word[i + 1 :]
    if op == "t":
        i = min(i, len(word) - 2)
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    if op == "i":
        return word[:i] + pick + word[i:]
    return word[:i] + ch + word[i:]  # doubled letter


def add_typos(text: str, rate: float, seed: int) -> str:
    """Edit ``rate`` of the words (of 3 letters and more); at least one word
    is edited with probability ``rate`` x number of words, so that short texts
    are not spared."""
    if rate <= 0:
        return text
    rng = random.Random(f"{seed}:{rate}:{text}")
    spans = [m.span() for m in _TOKEN.finditer(text) if m.end() - m.start() >= 3 or _CJK.match(m.group())]
    if not spans:
        return text
    want = len(spans) * rate
    n = int(want) + (rng.random() < want - int(want))
    for a, b in sorted(rng.sample(spans, min(n, len(spans))), reverse=True):
        text = text[:a] + _edit(text[a:b], rng) + text[b:]
    return text

"""Which languages of ours somebody most likely reads who speaks one that we do not have.

The languages of schools, offices and media where a language is spoken, by our own judgement (2026-11); whoever knows better may
change a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

# Varieties one may write in as one speaks: we answer in the language behind the arrow.
_SERVED = """\
aeb acm apc apd ary arq arz mey shu -> ar
gan hak hsn lzh nan wuu yue -> zh
"""

_NEAREST = """\
kab rif shi tzm zgh -> ar fr
kmr ku sdh zza -> tr ar
ckb -> ar en
syr tru aii arc -> ar en
fa prs bal bgn glk lrc mzn -> en ur
ps haz -> ur en
lah pa phr skr sd ks brh -> ur en
hi awa bho mai -> ur en
as bn dv gu kn ml mr ne or si syl ta te he -> en
am om ti tig aa byn sid wal -> en ar
so -> ar en
sw luo luy ki rw rn lg mg ny sn zu xh st tn -> en fr
bas bm dyu ewo ff fon kg ln lu lua man mnk mos sg snk srr wo dje bbj -> fr en
ha kr -> fr en
yo ig pcm ak tw fat ee bin efi ibb gaa kri men tem vai kpe tiv -> en
pt gl ca eu an ast oc qu ay gn quc lad pap kea -> es en
ht br co wa -> fr
fur lij lmo nap pms sc scn vec rm -> it
bg mk -> ru hr en
sr bs cnr sh sl -> hr
ba be ce cv hy inh ka kk ky lez mn os sah tg tt udm uz -> ru en uk
ru rue -> uk en
az crh gag tk ug -> tr ru en
lt lv et fi -> en ru
rom -> ro es
rup -> ro
cs sk pl hu hsb dsb szl -> en de
ko ja vi th lo km my id ms jv su tl fil ceb ilo hil pam war -> en
bo ii za -> zh en
nl af fy lb li vls gsw bar nds pdt yi da no nb nn sv is fo -> en de
"""


def _lines(table: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for line in table.splitlines():
        tags, _arrow, ours = line.partition(" -> ")
        yield from ((tag, tuple(ours.split())) for tag in tags.split())


SERVED: Final[Mapping[str, str]] = {tag: ours[0] for tag, ours in _lines(_SERVED)}
NEAREST: Final[Mapping[str, tuple[str, ...]]] = dict(_lines(_NEAREST))

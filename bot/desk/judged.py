"""What people of the city have found right or wrong, as every turn looks at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.dialogue.context import Flag
from bot.knowledge.sure import Confirmations
from bot.model import Confirmation
from bot.records import Confirmed, Report
from bot.store.desk import DeskStore

WEIGHT: Mapping[str, Flag] = {"advisor": "warning", "reviewer": "warning", "lead": "hidden"}  # a contact's word is only looked at


class Judged:
    """Keeps the confirmations, of which only new ones are read, and the flags of the open reports."""

    def __init__(self, store: DeskStore) -> None:
        self.flags: Mapping[tuple[str, str], Flag] = {}
        self.confirmations: Confirmations = {}
        self._store, self._last = store, 0

    async def look(self, reports: Sequence[Report]) -> None:
        """Take up what is new; turns that look meanwhile see the earlier state, whole."""
        self.flags = flags_of(reports)
        new = await self._store.confirmations(self._last)
        if new:
            self._last = max(self._last, new[-1].id)
            self.confirmations = with_new(self.confirmations, new)


def with_new(known: Confirmations, new: Iterable[Confirmed]) -> Confirmations:
    """Add confirmations to those known, the newest of a hash last."""
    found = {key: dict(given) for key, given in known.items()}
    for each in new:
        given = found.setdefault((each.city, each.entry_id, each.locale), {})
        given.pop(each.hash, None)
        given[each.hash] = Confirmation(each.on, each.by)
    return found


def flags_of(reports: Iterable[Report]) -> Mapping[tuple[str, str], Flag]:
    """Turn reports into flags: a lead's hides, another's of the desk warns; one about a wording only in its language.

    What has changed since is warned of, whoever says it: most of the answer may still help."""
    flags: dict[tuple[str, str], Flag] = {}
    for report in reports:
        flag = WEIGHT.get(report.by_whom)
        if flag is None:
            continue
        where = (report.city, f"{report.entry_id}:{report.locale}" if report.about == "wording" else report.entry_id)
        is_worse = flag == "hidden" and report.about != "changed"
        flags[where] = "hidden" if is_worse or flags.get(where) == "hidden" else "warning"
    return flags

"""What somebody who reviews is asked about: answers due for a look, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.dialogue.context import Context
from bot.dialogue.entry import flags_of
from bot.dialogue.home import Home
from bot.knowledge.hashes import facts_hash, wording_hash
from bot.knowledge.sure import facts_confirmed, is_machine_worded, is_outdated
from bot.model import Entry

SOON = timedelta(days=30)  # before `review_by` a look is due


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to look at: the facts of an entry (`locale` ""), or its wording in a language."""

    entry: Entry
    locale: str

    @property
    def key(self) -> str:
        """Return the name of the task: "egov.nie:", "egov.nie:ar"."""
        return f"{self.entry.id}:{self.locale}"


def due(home: Home, languages: Sequence[str], context: Context) -> list[Task]:
    """Return all that is due: what was called wrong, then what is past its day, then first steps, then the rest.

    An entry is due that nobody has confirmed, or not since its day to be looked at came near; a wording, that a machine wrote and nobody
    has read, or whose source has changed."""
    order = [*home.city.first_steps, *home.entries]
    found = {entry_id: tasks for entry_id in home.entries if (tasks := _tasks(home.entries[entry_id], home, languages, context))}
    ranked = sorted(found, key=lambda entry_id: (_urgency(home.entries[entry_id], home, languages, context), order.index(entry_id)))
    return [task for entry_id in ranked for task in found[entry_id]]


def task_of(key: str, home: Home) -> Task | None:
    """Return a task by its name; None where the entry or its words are gone."""
    entry_id, _colon, locale = key.partition(":")
    entry = home.entry(entry_id)
    return Task(entry, locale) if entry and (not locale or locale in entry.words) else None


def hash_of(task: Task, home: Home) -> str:
    """Fingerprint what is looked at."""
    return wording_hash(task.entry, task.locale) if task.locale else facts_hash(task.entry, home.city.places)


def _tasks(entry: Entry, home: Home, languages: Sequence[str], context: Context) -> list[Task]:
    facts = [Task(entry, "")] if _facts_due(entry, home, context) else []
    return [*facts, *(Task(entry, locale) for locale in languages if _words_due(entry, home, locale, context))]


def _facts_due(entry: Entry, home: Home, context: Context) -> bool:
    confirmed = facts_confirmed(entry, home.city, context.confirmations)
    if confirmed is None or (home.city.slug, entry.id) in context.flags:
        return True
    return _is_near(entry, home, context) and entry.review_by is not None and confirmed.on < entry.review_by - SOON


def _is_near(entry: Entry, home: Home, context: Context) -> bool:
    return entry.review_by is not None and entry.review_by - SOON <= home.today(context)


def _words_due(entry: Entry, home: Home, locale: str, context: Context) -> bool:
    if locale not in entry.words:
        return False
    is_flagged = (home.city.slug, f"{entry.id}:{locale}") in context.flags
    unread = is_machine_worded(entry, home.city, locale, context.confirmations)
    return is_flagged or unread or is_outdated(entry, home.city, locale, context.confirmations)


def _urgency(entry: Entry, home: Home, languages: Sequence[str], context: Context) -> int:
    """Rank an entry, 0 first."""
    return next(rank for rank, holds in enumerate(_reasons(entry, home, languages, context)) if holds)


def _reasons(entry: Entry, home: Home, languages: Sequence[str], context: Context) -> Iterator[bool]:
    yield any(flags_of(entry, home, context, locale) for locale in ("", *languages))
    yield entry.review_by is not None and entry.review_by < home.today(context) and _facts_due(entry, home, context)
    yield entry.id in home.city.first_steps
    yield True

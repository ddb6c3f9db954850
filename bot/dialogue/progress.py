"""How far a contact has come in guided procedures, and what they have already: ids alone, kept per place.

A step is remembered by its id and never by its number, so that neither another language nor a changed file moves anybody."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.dialogue.compose import Value, noted, option, recall, remember, tongue, words
from bot.dialogue.context import Context
from bot.dialogue.home import Home, title_of
from bot.model import Conversation, Entry, Option

MAX_UNFINISHED = 5  # procedures in hand; of more, the one touched longest ago is forgotten
MAX_HAD = 60  # entries of one place that are done or there already
DOING, HAD = "doing/", "had/"  # how the keys in a conversation begin: "doing/madrid/egov.nie", "had/madrid"
STUCK = "stuck"  # the step somebody asks for help with ("egov.nie/office"), as long as the history
STEP = "step"  # the fact of a case that names it: its id
ENDED = "ended"  # the procedure that came to its end last, as long as the history: its skipped steps can be gone back to


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a contact stands in one procedure.

    `place`: Home.counted_as. `step`: the id of the step they stand at, "" before the first. `done` and `skipped`: ids of steps.
    `back`: the entry to go on with afterwards, because this one had to come first. `locale`: the language it was begun in, for entries
    that are not there in the contact's own."""

    place: str
    entry_id: str
    step: str = ""
    done: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    back: str = ""
    locale: str = ""

    @property
    def passed(self) -> frozenset[str]:
        """Return the steps that need not be shown again by themselves."""
        return frozenset((*self.done, *self.skipped))


# ---------------------------------------------------------------- to and from what the conversation keeps


def _key(place: str, entry_id: str) -> str:
    return f"{DOING}{place}/{entry_id}"


def _write(progress: Progress) -> str:
    kept = {"step": progress.step, "done": progress.done, "skipped": progress.skipped, "back": progress.back, "in": progress.locale}
    return json.dumps({key: value for key, value in kept.items() if value}, ensure_ascii=False, separators=(",", ":"))


def _read(key: str, value: Value) -> Progress | None:
    """Read a procedure in hand; None for what is none, or damaged."""
    place, _stroke, entry_id = key.removeprefix(DOING).partition("/")
    kept = _mapping(value)
    if not key.startswith(DOING) or not entry_id or kept is None:
        return None
    return Progress(
        place,
        entry_id,
        _text(kept.get("step")),
        _texts(kept.get("done")),
        _texts(kept.get("skipped")),
        _text(kept.get("back")),
        _text(kept.get("in")),
    )


def _mapping(value: object) -> Mapping[str, object] | None:
    try:
        kept = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return kept if isinstance(kept, dict) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


# ---------------------------------------------------------------- in hand


def in_hand(conversation: Conversation) -> list[Progress]:
    """Return every procedure that was begun and not finished, in all places; the one touched last comes first."""
    return [found for key, value in reversed(list(conversation.data.items())) if (found := _read(key, value))]


def progress_of(conversation: Conversation, place: str, entry_id: str) -> Progress | None:
    """Return where a contact stands in one procedure; None: not begun, or forgotten."""
    return _read(_key(place, entry_id), noted(conversation, _key(place, entry_id)))


def keep(conversation: Conversation, progress: Progress) -> Conversation:
    """Note where a contact stands; of more than MAX_UNFINISHED procedures, the one touched longest ago is forgotten."""
    key = _key(progress.place, progress.entry_id)
    kept = remember(remember(conversation, **{key: None}), **{key: _write(progress)})  # anew, so that it stands last
    too_many = in_hand(kept)[MAX_UNFINISHED:]
    return remember(kept, **{_key(each.place, each.entry_id): None for each in too_many})


def drop(conversation: Conversation, progress: Progress) -> Conversation:
    """Forget where a contact stands in a procedure."""
    return remember(conversation, **{_key(progress.place, progress.entry_id): None})


def ended(conversation: Conversation, progress: Progress) -> Conversation:
    """Let a procedure be over: it is no longer in hand, and counts among what the contact has."""
    over = with_had(drop(conversation, progress), progress.place, progress.entry_id)
    return remember(over, **{ENDED: f"{_key(progress.place, progress.entry_id)} {_write(progress)}"})


def ended_of(conversation: Conversation, place: str, entry_id: str) -> Progress | None:
    """Return how a procedure ended that came to its end a moment ago."""
    key, _space, value = recall(conversation, ENDED).partition(" ")
    return _read(key, value) if key == _key(place, entry_id) else None


# ---------------------------------------------------------------- what they have


def had(conversation: Conversation, place: str) -> tuple[str, ...]:
    """Return the entries a contact has finished here, or said they have."""
    return tuple(recall(conversation, f"{HAD}{place}").split())


def with_had(conversation: Conversation, place: str, entry_id: str) -> Conversation:
    """Note that a contact has what an entry is about."""
    known = [each for each in had(conversation, place) if each != entry_id]
    return remember(conversation, **{f"{HAD}{place}": " ".join([*known, entry_id][-MAX_HAD:])})


def had_anywhere(conversation: Conversation) -> list[tuple[str, str]]:
    """Return all a contact has, as place and entry id."""
    places = [key.removeprefix(HAD) for key in conversation.data if key.startswith(HAD)]
    return [(place, entry_id) for place in places for entry_id in had(conversation, place)]


# ---------------------------------------------------------------- steps


def steps_of(entry: Entry, locale: str) -> tuple[str, ...]:
    """Return the ids of the steps that have words in a language, in order."""
    said = entry.words.get(locale)
    return tuple(key for key in entry.steps if said and key in said.steps)


def standing(progress: Progress, steps: Sequence[str]) -> tuple[str, bool]:
    """Return the step a contact stands at, and whether that one is there still.

    Where it is gone they stand behind the last step they have passed, or at the first one. `steps` must not be empty."""
    if progress.step in steps:
        return progress.step, True
    behind = max((number + 1 for number, key in enumerate(steps) if key in progress.passed), default=0)
    return steps[min(behind, len(steps) - 1)], False


def passing(progress: Progress, step: str, steps: Sequence[str], *, is_done: bool) -> tuple[Progress, bool]:
    """Pass a step, done or skipped; returns where the contact stands then, and whether that was the end.

    An answer to an earlier message moves nobody back."""
    done = [key for key in progress.done if key != step]
    skipped = [key for key in progress.skipped if key != step]
    (done if is_done else skipped).append(step)
    after = replace(progress, done=tuple(done), skipped=tuple(skipped))
    here = steps.index(progress.step) if progress.step in steps else -1
    if here > steps.index(step) and progress.step not in after.passed:
        return after, False
    open_ones = [key for key in steps[steps.index(step) + 1 :] if key not in after.passed]
    return (replace(after, step=open_ones[0]), False) if open_ones else (after, True)


# ---------------------------------------------------------------- the way back to it


def at(conversation: Conversation, home: Home) -> list[tuple[Progress, Entry]]:
    """Return the procedures in hand where a contact lives, the one touched last first."""
    own = [progress for progress in in_hand(conversation) if progress.place == home.counted_as]
    return [(progress, entry) for progress in own if (entry := home.entry(progress.entry_id)) and entry.steps]


def go_on_with(conversation: Conversation, entry: Entry, home: Home, context: Context) -> Option:
    """Offer to go on with a procedure."""
    _ = words(conversation, context)
    title = title_of(entry, tongue(conversation, context), home.city)
    # Translators: a button; title is that of a step-by-step procedure, or of one of its steps
    return option("resume", entry.id, _("Go on with: {title}").format(title=title), "main")


def latest(conversation: Conversation, home: Home, context: Context) -> list[Option]:
    """Offer to go on with the procedure touched last."""
    return [go_on_with(conversation, entry, home, context) for _progress, entry in at(conversation, home)[:1]]


# ---------------------------------------------------------------- to another device


def taken_over(conversation: Conversation, data: Mapping[str, Value]) -> Conversation:
    """Add what another device knows of procedures; what was begun here as well stays as it is."""
    known = {(progress.place, progress.entry_id) for progress in in_hand(conversation)}
    own = in_hand(conversation)
    brought = [found for key, value in data.items() if (found := _read(key, value)) and (found.place, found.entry_id) not in known]
    for progress in (*reversed(own), *brought):
        conversation = keep(conversation, progress)
    return _with_all(conversation, ((key.removeprefix(HAD), value) for key, value in data.items() if key.startswith(HAD)))


def _with_all(conversation: Conversation, brought: Iterable[tuple[str, Value]]) -> Conversation:
    for place, value in brought:
        for entry_id in _text(value).split():
            conversation = with_had(conversation, place, entry_id)
    return conversation

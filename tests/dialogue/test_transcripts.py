"""Recorded dialogues: what was written, and what came of it. REWRITE=1 records anew."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from bot.model import (
    CommandReceived,
    Count,
    EraseContact,
    Event,
    LocationShared,
    MediaReceived,
    OptionChosen,
    OptionExpired,
    SendData,
    SendMessage,
    TextReceived,
    Turn,
)
from tests.dialogue.desk import DeskTalk, desk_talk
from tests.dialogue.world import NOW, ROOT, Talk, context, lines

FILES = sorted((ROOT / "tests" / "transcripts").glob("*.yaml"))
Script = dict[str, object]
REWRITE = os.environ.get("REWRITE") == "1"  # then look at the difference before keeping it


def event_of(said: str, hint: str | None) -> Event:
    """Read one line of a script: "/command", "[option]", "<voice>", "<old button>", "@latitude,longitude", or a text."""
    if said == "<old button>":
        return OptionExpired(at=NOW, locale_hint=hint)
    if said.startswith("<"):
        return MediaReceived(media=said.strip("<>"), at=NOW, locale_hint=hint)  # type: ignore[arg-type]
    if said.startswith("["):
        return OptionChosen(option_id=said.strip("[]"), at=NOW, locale_hint=hint)
    if said.startswith("/"):
        name, _, argument = said[1:].partition(" ")
        return CommandReceived(name=name, argument=argument, at=NOW, locale_hint=hint)
    if said.startswith("@"):
        latitude, longitude = said[1:].split(",")
        return LocationShared(latitude=float(latitude), longitude=float(longitude), at=NOW, locale_hint=hint)
    return TextReceived(text=said, at=NOW, locale_hint=hint)


def outcome(talk: Talk, turns: Sequence[Turn]) -> dict[str, object]:
    """Write down turns: messages with their options, other effects, and the state."""
    written: list[str] = []
    for effect in (effect for turn in turns for effect in turn.effects):
        if isinstance(effect, SendMessage):
            marks = f"{'! ' if effect.message.alert else ''}{f'{effect.message.author_name}: ' if effect.message.author_name else ''}"
            written += [marks + line for line in lines(effect.message)]
            written += [f"    [{option.id}] {option.label}" for option in effect.message.options]
        elif isinstance(effect, Count):
            written.append(f"(count {effect.city} {effect.entry_id or '-'} {effect.locale} {effect.result})")
        elif isinstance(effect, SendData | EraseContact):
            written.append(f"({type(effect).__name__})")
        else:
            told = {key: value for key, value in asdict(effect).items() if value and value != "ordinary"}
            written.append(f"({type(effect).__name__} {' '.join(f'{key}={value}' for key, value in told.items())})")
    return {"bot": written, "state": talk.conversation.state}


def play(script: Script) -> list[dict[str, object]]:
    """Talk through a script; with `desk: true` in a city whose desk has people, who do what stands behind `desk:`."""
    hint = script.get("hint")
    settings = script.get("context") or {}
    assert isinstance(settings, dict)
    known = desk_talk(locale=str(script["locale"]), **settings) if script.get("desk") else None
    talk = known or Talk(context=context(**settings), hint=str(hint) if hint else None)
    turns: list[dict[str, object]] = []
    for turn in script["turns"]:  # type: ignore[attr-defined]
        if known:
            known.turns = ()
        if "desk" in turn:
            assert known
            do_at_desk(known, turn["desk"])
        else:
            talk.hear(event_of(turn["contact"], talk.hint))
        who = "desk" if "desk" in turn else "contact"
        turns.append({who: turn[who], **outcome(talk, known.turns if known else (talk.turn,))})
    return turns


def do_at_desk(talk: DeskTalk, deed: str) -> None:
    """Read what somebody does at the desk: "claims", "closes", "sends <entry>", or a text they write."""
    number = talk.conversation.cases[0].number
    match deed.partition(" "):
        case ("claims", _, _):
            talk.claim(number)
        case ("closes", _, _):
            talk.close(number)
        case ("sends", _, entry_id):
            talk.reply("", number, entry_id=entry_id)
        case _:
            talk.reply(deed, number)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_transcript(path: Path) -> None:
    script = yaml.safe_load(path.read_text(encoding="utf-8"))
    played = {**script, "turns": play(script)}
    if REWRITE:
        path.write_text(yaml.safe_dump(played, allow_unicode=True, sort_keys=False, width=1000), encoding="utf-8")
    assert played == script or REWRITE


def test_there_are_transcripts_in_every_language() -> None:
    assert {path.stem.rpartition("-")[2] for path in FILES} >= {"es", "en", "ar"}

"""A person, silence."""

from __future__ import annotations

from bot.model import (
    Paragraph,
)
from tests.dialogue.world import Talk, plain, settled


def test_a_person_is_never_promised_and_open_offices_come_first() -> None:
    talk = Talk(conversation=settled()).command("human")
    assert talk.said.startswith("No person can answer in this chat yet.")
    names = [plain(block.runs) for block in talk.messages[0].blocks if isinstance(block, Paragraph) and block.runs[0].bold]
    assert names == ["Ayuntamiento", "Anexo sin horario", "Oficina de noche"]
    assert "010" in talk.said
    assert "112" in talk.said


def test_stop_promises_silence_and_keeps_the_conversation() -> None:
    talk = Talk(conversation=settled()).command("stop")
    assert "unless you write first" in talk.said
    assert talk.conversation.city == "madrid"

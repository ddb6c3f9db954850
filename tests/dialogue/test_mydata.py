"""One's data: shown whole, erased at once."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from bot.dialogue import render_data
from bot.model import (
    Conversation,
    EraseContact,
    Message,
    Paragraph,
    Run,
    SendData,
    StoredMessage,
)
from tests.dialogue.world import Talk, context, lines, settled


def test_delete_is_done_at_once() -> None:
    talk = Talk(conversation=settled("ar", version=7)).command("delete")
    assert talk.effects(EraseContact)
    assert talk.messages[0].locale == "ar"
    assert talk.conversation == Conversation("c-1", "telegram", version=7, options=talk.conversation.options)


def test_my_data_is_an_effect_in_the_language_spoken() -> None:
    assert Talk(conversation=settled("es")).command("mydata").effects(SendData) == [SendData("es")]


def test_the_data_message_lists_and_attaches_everything() -> None:
    question = Message("en", (Paragraph((Run("a question"),)),), author="contact")
    said = StoredMessage(4, "t", datetime(2026, 11, 25, 9, 0, tzinfo=UTC), question)
    message = render_data(context(), settled(area="alcorcon"), [said])
    text = "\n".join(lines(message))
    assert "c-1" in text
    assert "your city: Alcorcón" in text
    assert "(1), until 24 hours" in text
    assert message.document is not None
    assert message.document.name == "dragoman-data.json"
    data = json.loads(message.document.text)
    assert data["city"] == "madrid"
    assert data["messages"][0]["message"]["blocks"][0]["runs"][0]["text"] == "a question"
    assert [option.id for option in message.options] == ["do:delete", "do:menu"]

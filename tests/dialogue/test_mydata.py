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
from bot.records import CaseLine
from tests.dialogue.desk import a_case, staffed
from tests.dialogue.world import NOW, Talk, context, lines, settled


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
    message = render_data(context(), settled(area="alcorcon"), [said], {})
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


def test_requests_to_people_are_listed_with_the_day_they_are_erased() -> None:
    theirs = Message("en", (Paragraph((Run("my landlord"),)),), author="contact")
    told = [
        ("contact", theirs, ""),
        ("person", theirs, "Lucía"),
        ("note", theirs, "Lucía"),
        ("system", None, ""),
        ("person", None, "Lucía"),
    ]
    lines_of = [CaseLine(n, 214, author, NOW, NOW, message, name=name) for n, (author, message, name) in enumerate(told, 1)]  # type: ignore[arg-type]
    closed = a_case(213, kind="interpreter", state="closed", closed_at=NOW, place=0)
    message = render_data(
        context(retention_days=30), staffed(a_case(facts=(("letter", "yes"),), pseudonym="blue:heron"), closed), [], {214: lines_of}
    )
    text = "\n".join(lines(message))
    assert "your request 214: a question to an advisor; it waits" in text
    assert "your request 213: an interpreter; it is closed" in text
    assert "a request is erased 30 days after it is closed; /delete erases it at once" in text
    assert message.document is not None
    requests = json.loads(message.document.text)["requests"]
    assert [(each["number"], each["kind"], each["state"]) for each in requests] == [
        (214, "advice", "waiting"),
        (213, "interpreter", "closed"),
    ]
    assert [(each["by"], each["message"]["blocks"][0]["runs"][0]["text"]) for each in requests[0]["said"]] == [
        ("contact", "my landlord"),
        ("Lucía", "my landlord"),
    ]
    assert requests[0]["facts"] == {"letter": "yes"}
    assert "request" not in "\n".join(lines(render_data(context(), settled(), [], {})))


def test_erasing_names_the_requests_and_leaves_none() -> None:
    talk = Talk(conversation=staffed(a_case())).command("delete")
    assert "Your requests to people are erased, too." in talk.said
    assert talk.conversation.cases == ()
    assert "requests" not in Talk(conversation=settled()).command("delete").said

"""Guided procedures: every button, what comes first, coming back by the id of a step, being stuck, another language, another device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import pytest

from bot.dialogue import Context
from bot.dialogue.deskwords import facts_of, subject, summary
from bot.dialogue.mydata import render_data
from bot.dialogue.progress import MAX_UNFINISHED, in_hand, progress_of
from bot.model import City, Entry, Knowledge, MakeMove, Moved, MoveMade, OpenCase, StepWords, UseMove
from tests.dialogue.desk import STAFFED, STAFFED_MADRID, a_case, desk_context, staffed
from tests.dialogue.world import CATALOGUES, GRAZ, KNOWLEDGE, MADRID, NIE, NOW, KnownSentences, Talk, context, entry, settled, words

CODE = "7Q2M-0ABC-DEFG-HJKM-NPQR-STVW-XYZ1"
STEPS = ("data", "way", "finish", "check")
SAID: Mapping[str, Mapping[str, str]] = {
    "en": {"data": "Check your data", "way": "Choose a way", "finish": "Finish **here**", "check": "Try it"},
    "es": {"data": "Mira tus datos", "way": "Elige una vía", "finish": "Termina **aquí**", "check": "Prueba"},
    "ar": {"data": "تحقق من بياناتك", "way": "اختر طريقة", "finish": "أكمل هنا", "check": "جرّب"},
}
CLAVE = entry(
    "egov.clave",
    {locale: words(f"Cl@ve {locale}", "Cl@ve.", ["Passport", "Mail"], steps) for locale, steps in SAID.items()},
    steps=STEPS,
    needs=("egov.nie", "healthcare.card"),
    related=("egov.padron",),
    places=("hall",),
)
ONLY_EN = entry("work.only", {"en": words("Only English", "A.", (), {"a": "First", "b": "Second"})}, steps=("a", "b"))


def city(*changed: Entry, plain: City = MADRID) -> City:
    return replace(plain, entries={**plain.entries, **{each.id: each for each in (CLAVE, ONLY_EN, *changed)}})


def place(*changed: Entry, **more: object) -> Context:
    known = replace(KNOWLEDGE, cities={"madrid": city(*changed), "graz": GRAZ})
    return context(knowledge=known, matcher=KnownSentences(known), **more)


def talk(locale: str = "en", *changed: Entry, **more: object) -> Talk:
    return Talk(context=place(*changed, **more), conversation=settled(locale))


def at_step(key: str, locale: str = "en") -> Talk:
    """Return somebody who has come as far as a step."""
    return talk(locale).press("begin:egov.clave", *(f"done:egov.clave:{each}" for each in STEPS[: STEPS.index(key)]))


def short(count: int) -> list[Entry]:
    """Return some more procedures of two steps."""
    guided = {"en": words("Short", "S.", (), {"a": "First", "b": "Second"})}
    return [entry(f"work.short-{number}", guided, steps=("a", "b")) for number in range(count)]


# ---------------------------------------------------------------- before the first step


def test_an_answer_leads_to_the_procedure_and_that_to_all_steps_at_once() -> None:
    shown = talk().press("entry:egov.clave")
    first = shown.messages[0].options[0]
    assert (first.id, first.label, first.style) == ("guide:egov.clave", "Step by step (4)", "main")
    whole = shown.press("guide:egov.clave", "steps:egov.clave")
    assert "4. Try it. Try it 010" in whole.said
    assert {"guide:egov.clave", "entry:egov.clave"} <= set(whole.offered)


def test_first_come_what_is_needed_and_what_to_bring() -> None:
    shown = talk().press("guide:egov.clave")
    assert shown.said.startswith("# Cl@ve en\nFirst you need NIE: your number: do that now?\nBring:\n- Passport\n- Mail")
    assert [block.boxes for block in shown.messages[0].blocks if block.kind == "list"] == [True]
    assert shown.offered[:4] == ["need:egov.clave:egov.nie", "have:egov.clave:egov.nie", "begin:egov.clave", "steps:egov.clave"]
    assert in_hand(shown.conversation) == []  # looking is not beginning


def test_what_is_there_is_ticked_and_the_next_thing_is_asked_about() -> None:
    shown = talk().press("have:egov.clave:egov.nie")
    assert "✓ NIE: your number\nFirst you need Health card: do that now?" in shown.said
    assert "need" not in " ".join(shown.press("have:egov.clave:healthcare.card").offered)
    assert "✓ Health card" in shown.said


def test_a_procedure_that_is_needed_first_comes_back_to_this_one() -> None:
    inner = talk().press("guide:egov.clave", "need:egov.clave:egov.nie")
    assert inner.said.startswith("# NIE: your number")
    outer = inner.press("begin:egov.nie", "done:egov.nie:form", "done:egov.nie:office")
    assert outer.said.startswith("Well done! That was the last step.\nBack to: Cl@ve en\n# Cl@ve en\n✓ NIE: your number\n")
    assert "begin:egov.clave" in outer.offered
    assert [each.entry_id for each in in_hand(outer.conversation)] == ["egov.clave"]


def test_it_comes_back_to_the_very_step_that_was_left() -> None:
    left = at_step("finish").press("guide:egov.clave", "need:egov.clave:egov.nie", "begin:egov.nie", "skip:egov.nie:form")
    back = left.press("done:egov.nie:office")
    assert "You skipped:\n- Fill in\nBack to: Cl@ve en\nStep 3 of 4 · Cl@ve en\n# Finish here" in back.said
    assert back.offered[-1] == "step:egov.nie:form"


def test_what_is_needed_first_and_has_no_steps_is_shown_with_the_way_back_on_top() -> None:
    shown = talk().press("have:egov.clave:egov.nie", "need:egov.clave:healthcare.card")
    assert shown.said.startswith("# Health card")
    assert shown.offered[:2] == ["have:egov.clave:healthcare.card", "resume:egov.clave"]
    assert "✓ Health card" in shown.press("have:egov.clave:healthcare.card").said


def test_what_needs_itself_ends() -> None:
    round_trip = replace(NIE, needs=("egov.clave",))
    shown = talk("en", round_trip).press("need:egov.clave:egov.nie", "need:egov.nie:egov.clave", "begin:egov.clave")
    shown.press(*(f"done:egov.clave:{key}" for key in STEPS))
    assert "Well done!" in shown.said


def test_a_need_that_is_not_one_of_the_entry_does_nothing() -> None:
    forged = talk().press("have:egov.clave:egov.padron")
    assert forged.conversation.data == settled().data


# ---------------------------------------------------------------- one step after the other


def test_one_step_a_message() -> None:
    shown = talk().press("begin:egov.clave")
    assert shown.said == "Step 1 of 4 · Cl@ve en\n# Check your data\nCheck your data 010"
    assert shown.offered == [
        "done:egov.clave:data",
        "skip:egov.clave:data",
        "stuck:egov.clave:data",
        "later:egov.clave",
        "places:egov.clave",
        "steps:egov.clave",
        "do:menu",
    ]
    assert shown.press("done:egov.clave:data").said.startswith("Step 2 of 4")
    assert "places:egov.nie" not in talk().press("begin:egov.nie").offered


def test_the_end_says_what_was_skipped_and_what_comes_next() -> None:
    end = at_step("way").press("skip:egov.clave:way", "done:egov.clave:finish", "done:egov.clave:check")
    assert end.said.startswith("# Cl@ve en\nWell done! That was the last step.\nYou skipped:\n- Choose a way\nWhat comes next:")
    assert end.offered[:3] == ["step:egov.clave:way", "entry:egov.padron", "entry:egov.nie"]
    assert {"helped:egov.clave:yes", "helped:egov.clave:no", "do:human", "do:menu"} <= set(end.offered)
    assert in_hand(end.conversation) == []
    again = end.press("step:egov.clave:way")
    assert again.said.startswith("Step 2 of 4")
    last = again.press("done:egov.clave:way")
    assert "Well done!" in last.said
    assert "You skipped" not in last.said


def test_an_old_message_moves_nobody_back() -> None:
    moved = at_step("check").press("done:egov.clave:data")
    assert moved.said.startswith("Step 4 of 4")
    assert talk().press("done:egov.clave:way").said.startswith("Step 3 of 4")  # of a procedure that was forgotten meanwhile


def test_what_is_finished_is_not_offered_as_the_next_thing() -> None:
    finished = talk().press("begin:egov.nie", "done:egov.nie:form", "done:egov.nie:office", "begin:egov.clave")
    finished.press(*(f"done:egov.clave:{key}" for key in STEPS))
    assert "entry:egov.nie" not in finished.offered


def test_later_and_any_other_question_leave_it_where_it_is() -> None:
    shown = at_step("finish").press("later:egov.clave")
    assert shown.said == "Write /continue whenever you want to go on."
    shown.write("where do i register")
    assert shown.said.startswith("# Register your address")
    assert shown.command("menu").offered[0] == "resume:egov.clave"
    assert shown.messages[0].options[0].label == "Go on with: Cl@ve en"
    assert shown.command("continue").said.startswith("Step 3 of 4")
    assert "move:" in shown.offered
    assert shown.command("start").offered[0] == "resume:egov.clave"


def test_it_can_be_begun_again() -> None:
    shown = at_step("finish").press("guide:egov.clave")
    labels = {option.id: option.label for option in shown.messages[0].options}
    assert labels["resume:egov.clave"] == "Go on with: Finish here"
    assert shown.press("begin:egov.clave").said.startswith("Step 1 of 4")
    assert progress_of(shown.conversation, "madrid", "egov.clave").done == ()  # type: ignore[union-attr]


# ---------------------------------------------------------------- what lasts


def test_it_outlives_the_history_and_a_change_of_language() -> None:
    kept = at_step("finish").conversation
    later = Talk(context=place(), conversation=replace(kept, recent={}, options=()))
    later.press("language:ar").command("continue")
    assert later.messages[0].locale == "ar"
    assert "3" in later.said.splitlines()[0]
    assert "# أكمل هنا" in later.said


def test_a_step_is_known_by_its_id_and_not_by_its_number() -> None:
    kept = at_step("finish").conversation
    longer = replace(
        CLAVE,
        steps=("new", *STEPS),
        words={key: replace(said, steps={**said.steps, "new": StepWords("New", "N")}) for key, said in CLAVE.words.items()},
    )
    moved = Talk(context=place(longer), conversation=kept).command("continue")
    assert moved.said.startswith("Step 4 of 5")
    assert "# Finish here" in moved.said


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        (("data", "way", "check"), "Step 3 of 3"),  # behind the last one they have done
        (("data", "check"), "Step 2 of 2"),
        (("check",), "Step 1 of 1"),
        (("way", "data"), "Step 2 of 2"),
    ],
)
def test_a_step_that_is_gone_is_called_gone(steps: tuple[str, ...], says: str) -> None:
    changed = Talk(context=place(replace(CLAVE, steps=steps)), conversation=at_step("finish").conversation).command("continue")
    assert changed.said.startswith("These steps have changed since. We go on here:\n" + says)
    assert not Talk(context=changed.context, conversation=changed.conversation).command("continue").said.startswith("These steps")


def test_at_most_five_are_kept_and_the_oldest_is_forgotten() -> None:
    more = short(MAX_UNFINISHED + 2)
    busy = talk("en", *more).press(*(f"begin:{each.id}" for each in more))
    busy.press(f"done:{more[2].id}:a")
    assert [each.entry_id for each in in_hand(busy.conversation)] == [more[2].id, *(more[n].id for n in (6, 5, 4, 3))]
    chosen = busy.command("continue")
    assert "What do you want to go on with?" in chosen.said
    assert chosen.offered[0] == f"resume:{more[2].id}"
    assert chosen.messages[0].options[0].label == "Short · 2/2"


def test_procedures_of_another_city_stay_apart() -> None:
    away = at_step("finish").press("city:graz").command("continue")
    assert away.said == "You have not begun anything step by step."
    assert not any(option_id.startswith("resume:") for option_id in away.command("menu").offered)
    assert away.press("city:madrid").command("continue").said.startswith("Step 3 of 4")


def test_damaged_memory_is_no_obstacle() -> None:
    data = {
        "doing/madrid/egov.clave": "{",
        "doing/madrid/egov.nie": '{"step":7,"done":"x"}',
        "doing/": "1",
        "had/madrid": 5,
        "noticed": True,
    }
    shown = Talk(context=place(), conversation=settled(data=data)).command("continue")
    assert shown.said.startswith("# NIE: your number")


def test_all_of_it_is_shown_and_forgotten_with_the_data() -> None:
    known = at_step("way").press("have:egov.clave:egov.nie")
    message = render_data(known.context, known.conversation, (), {})
    lines = "\n".join(
        text for block in message.blocks if block.kind == "list" for text in ("".join(r.text for r in i) for i in block.items)
    )
    assert "what you do step by step: Cl@ve en" in lines
    assert "what you have done, or said that you have: NIE: your number" in lines
    assert known.command("delete").conversation.data == {}


# ---------------------------------------------------------------- what may be shown


def test_only_confirmed_procedures_where_that_is_the_rule() -> None:
    for option_id in ("guide:egov.clave", "begin:egov.clave", "step:egov.clave:way", "done:egov.clave:data", "stuck:egov.clave:data"):
        refused = talk(require_checked=True).press(option_id)
        assert "Nobody of the city has confirmed this answer yet" in refused.said, option_id
        assert "do:human" in refused.offered


def test_a_hidden_procedure_is_not_gone_on_with() -> None:
    hidden = Talk(context=place(flags={("madrid", "egov.clave"): "hidden"}), conversation=at_step("finish").conversation)
    assert "It is being looked at." in hidden.command("continue").said
    warned = Talk(context=place(flags={("madrid", "egov.clave"): "warning"}), conversation=at_step("finish").conversation)
    assert warned.command("continue").said.startswith("⚠ An advisor says")


def test_a_missing_language_is_offered_and_then_kept() -> None:
    missing = talk("ar").press("guide:work.only")
    assert missing.offered[0] == "entry:work.only:en"
    read = missing.press("entry:work.only:en")
    assert read.offered[0] == "guide:work.only:en"
    begun = read.press("guide:work.only:en", "begin:work.only:en")
    assert begun.messages[0].locale == "en"
    assert begun.press("done:work.only:a").said.startswith("Step 2 of 2 · Only English")


def test_old_and_forged_buttons_show_where_we_are() -> None:
    for option_id in (
        "guide:egov.padron",
        "step:egov.clave:nowhere",
        "begin:x",
        "done:egov.clave",
        "need:x:y",
        "later:egov.padron",
        "resume:",
    ):
        assert talk().press(option_id).messages, option_id


# ---------------------------------------------------------------- stuck


def test_who_is_stuck_reads_the_step_again_with_where_to_ask() -> None:
    shown = at_step("finish").press("stuck:egov.clave:finish")
    assert shown.said.startswith("Step 3 of 4 · Cl@ve en\n# Finish here\nFinish here 010\nWhere to ask\nAyuntamiento")
    assert "A person can help you." in shown.said
    assert shown.offered == ["do:human", "step:egov.clave:finish", "do:menu"]
    nobody = shown.press("do:human")
    assert "No person can answer in this chat yet." in nobody.said  # as for everybody in a city without a desk


def with_desk() -> Knowledge:
    return replace(STAFFED, cities={**STAFFED.cities, "madrid": city(plain=STAFFED_MADRID)})


def test_the_person_reads_which_step_it_is() -> None:
    known = with_desk()
    asked = Talk(context=desk_context(channel="web"), conversation=staffed())
    asked.context = replace(asked.context, knowledge=known, matcher=KnownSentences(known))
    asked.press("begin:egov.clave", "done:egov.clave:data", "done:egov.clave:way", "stuck:egov.clave:finish", "do:human", "pass:all:advice")
    (opened,) = asked.effects(OpenCase)
    assert isinstance(opened, OpenCase)
    assert (opened.entry_id, opened.topic, opened.facts) == ("egov.clave", "egov", (("step", "finish"),))
    case = a_case(entry_id=opened.entry_id, topic="egov", facts=opened.facts)
    for locale, told in (("es", "Cl@ve es, step 3: Termina aquí"), ("en", "Cl@ve en, step 3: Finish here")):
        translator = CATALOGUES.translator(locale)
        about = subject(case, known.cities["madrid"], translator)
        assert about.split(": ")[1] == told.split(": ")[1]
        assert about.startswith(told.split(",")[0])
        assert "3" in about
        assert summary(case, translator, NOW, about) == about
        assert facts_of(case, translator) == ()
    assert subject(a_case(entry_id="egov.gone"), known.cities["madrid"], CATALOGUES.translator("en")) == ""


def test_a_step_is_not_told_of_another_question() -> None:
    known = with_desk()
    asked = Talk(context=replace(desk_context(), knowledge=known, matcher=KnownSentences(known)), conversation=staffed())
    asked.press("begin:egov.clave", "stuck:egov.clave:data", "entry:egov.nie", "do:human", "pass:all:advice")
    (opened,) = asked.effects(OpenCase)
    assert cast(OpenCase, opened).facts == ()


# ---------------------------------------------------------------- to another device


def test_a_code_is_asked_for_and_shown_as_links() -> None:
    here = at_step("finish").command("continue").press("move:")
    assert here.effects(MakeMove) == [MakeMove()]
    assert here.messages == []
    links = Talk(context=place(public_url="https://chat.example.org", bot_name="city_bot"), conversation=here.conversation)
    links.hear(MoveMade(code=CODE, minutes=10, at=NOW))
    assert "It works once, for 10 minutes." in links.said
    assert f"Telegram: https://t.me/city_bot?start=m_{CODE}" in links.said
    assert f"Web: https://chat.example.org/?start=m_{CODE}" in links.said
    assert f"/continue {CODE}" in links.said
    plain = here.hear(MoveMade(code=CODE, minutes=10, at=NOW))
    assert "https://" not in plain.said
    assert f"/continue {CODE}" in plain.said
    assert not any(CODE in str(value) for value in (*plain.conversation.data.values(), *plain.conversation.recent.values()))


@pytest.mark.parametrize(
    ("name", "argument"), [("start", f"m_{CODE}"), ("continue", CODE), ("continue", f"m_{CODE}"), ("continue", CODE.lower())]
)
def test_a_code_is_used_by_a_link_or_behind_the_command(name: str, argument: str) -> None:
    (used,) = Talk(context=place()).command(name, argument).effects(UseMove)
    assert cast(UseMove, used).code == argument.removeprefix("m_")


def test_language_city_and_place_come_along_and_nothing_else() -> None:
    there = at_step("finish").press("have:egov.clave:egov.nie").conversation
    event = Moved(at=NOW, outcome="moved", locale="ar", city="madrid", area="alcorcon", data=there.data)
    here = Talk(context=place()).command("start", f"m_{CODE}").hear(event)
    assert here.conversation.locale == "ar"
    assert (here.conversation.city, here.conversation.area) == ("madrid", "alcorcon")
    assert "# أكمل هنا" in here.said
    assert len(here.messages) == 2  # the notice, which is about this channel, and the step
    assert here.said.count("عرفتك") + here.said.count("I know you again") == 1
    assert here.conversation.data.get("device") is None
    assert here.press("do:menu").offered[0] == "resume:egov.clave"


def test_a_device_that_others_may_use_is_asked_about_first() -> None:
    web = Talk(context=place(shared_device=True, channel="web"))
    web.hear(Moved(at=NOW, outcome="moved", locale="en", city="madrid", data=at_step("finish").conversation.data))
    assert "I know you again" in web.said
    assert web.offered == ["device:own", "device:shared"]
    web.press("device:shared")
    assert web.said.splitlines()[-2] == "# Finish here"


def test_what_was_begun_here_stays_as_it_is() -> None:
    here = at_step("check")
    here.hear(Moved(at=NOW, outcome="moved", locale="en", city="madrid", data=at_step("way").conversation.data))
    assert "Step 4 of 4" in here.said


@pytest.mark.parametrize(("outcome", "says"), [("refused", "was used or is too old"), ("own", "for your other device")])
def test_a_code_that_is_no_good_is_called_so(outcome: str, says: str) -> None:
    event = Moved(at=NOW, outcome=outcome)  # type: ignore[arg-type]
    assert says in talk().hear(event).said
    new = Talk(context=place()).hear(event)
    assert says in new.said
    assert "language:en" in new.offered


def test_nothing_is_taken_away_before_the_first_questions_are_answered() -> None:
    assert Talk(context=place()).press("move:").effects(MakeMove) == []
    assert "language:en" in Talk(context=place()).command("continue").offered

"""The whole flow on one screen: where a contact can come in, what each state does with a text, what each option does, and the rest."""

from __future__ import annotations

from collections.abc import Mapping

from bot.dialogue import (
    after,
    browse,
    cards,
    casenews,
    choices,
    entry,
    fallbacks,
    faq,
    handoff,
    human,
    intake,
    keeping,
    moving,
    mydata,
    onboarding,
    places,
    pools,
    procedure,
    review,
    safety,
    talk,
)
from bot.dialogue.context import Choice, Handler
from bot.dialogue.home import READY

# Commands: they work in every state. The option "do:<command>" is the same as a button.
ENTRY_POINTS: Mapping[str, Choice] = {
    "start": onboarding.start,
    "menu": browse.menu,
    "language": onboarding.language_command,
    "city": onboarding.city_command,
    "human": handoff.person,
    "help": browse.help_command,
    "stop": human.stop,
    "cancel": human.cancel,
    "continue": moving.go_on,
    "end": after.end,
    "withdraw": talk.withdraw,
    "desk": onboarding.desk,
    "review": review.begin,
    "mydata": mydata.mydata,
    "delete": mydata.delete,
}

# Of these only who was invited to: for others there is no such command.
INVITED = frozenset({"review"})

# What a state does with a text that is no crisis, no command and no option.
STATES: Mapping[str, Handler] = {
    "new": onboarding.first_contact,  # nothing was asked yet
    "language": onboarding.language_text,
    "device": onboarding.device_text,
    "city": onboarding.city_text,
    READY: faq.answer,
    "ask-letter": intake.fact_text,
    "ask-date": intake.fact_text,
    "ask-children": intake.fact_text,
    "pool-language": pools.language_text,
    "pool-when": pools.when_text,
    "pool-write": pools.write_text,
    review.WHY: review.why_text,
}

# Options, by the verb before the colon. A handler without anything to say shows the present step again.
OPTIONS: Mapping[str, Choice] = {
    "language": onboarding.choose_language,
    "device": onboarding.choose_device,
    "city": onboarding.choose_city,
    "elsewhere": onboarding.elsewhere,
    "country": onboarding.choose_country,
    "topic": browse.topic,
    "first": browse.first_steps,
    "entry": entry.entry,
    "steps": entry.steps,
    "guide": procedure.guide,
    "need": procedure.need,
    "have": procedure.have,
    "begin": procedure.begin,
    "resume": procedure.resume,
    "step": procedure.step,
    "done": procedure.done,
    "skip": procedure.skip,
    "stuck": procedure.stuck,
    "later": procedure.later,
    "move": moving.move,
    "places": places.places,
    "helped": entry.helped,
    "wrong": entry.wrong,
    "none": faq.none_of_these,
    "keep": keeping.keep,
    "switch": faq.switch,
    "stay": faq.stay,
    "crisis": safety.crisis_in,
    "danger": safety.danger,
    "back": safety.back,
    "more": choices.more,
    "ask": handoff.ask,
    "pass": handoff.pass_on,
    "fact": intake.fact,
    "aside": talk.aside,
    "tell": talk.tell,
    "end": after.end,
    "rate": after.rate,
    "reopen": after.reopen,
    "consent": handoff.consent,
    "pool": pools.pool,
    "interp": pools.interp,
    "cards": cards.cards,
    "card": cards.card,
    "when": pools.when,
    "agree": pools.agree,
    "offer": pools.offer,
    "write": pools.write,
    "review": review.choose,
}

# What the desk did, by kind of event. News of a case are first shown to the pools (interpreters and others).
NEWS: Mapping[str, Handler] = {
    "case": casenews.news,
    "person": casenews.wrote,
    "withdrew": casenews.withdrew,
    "invite": casenews.invited,
    "move": moving.made,
    "arrived": moving.arrived,
}

# Events no state expects, by kind.
FALLBACKS: Mapping[str, Handler] = {
    "expired": fallbacks.expired,
    "button": fallbacks.expired,
    "option": fallbacks.expired,
    "command": fallbacks.unknown_command,
    "media": fallbacks.media,
    "location": fallbacks.location,
}

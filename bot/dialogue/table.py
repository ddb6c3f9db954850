"""The whole flow on one screen: where a contact can come in, what each state does with a text, what each option does, and the rest."""

from __future__ import annotations

from collections.abc import Mapping

from bot.dialogue import browse, choices, entry, fallbacks, faq, human, mydata, onboarding, places, safety
from bot.dialogue.context import Choice, Handler
from bot.dialogue.home import READY

# Commands: they work in every state. The option "do:<command>" is the same as a button.
ENTRY_POINTS: Mapping[str, Choice] = {
    "start": onboarding.start,
    "menu": browse.menu,
    "language": onboarding.language_command,
    "city": onboarding.city_command,
    "human": human.human,
    "help": browse.help_command,
    "stop": human.stop,
    "cancel": human.cancel,
    "mydata": mydata.mydata,
    "delete": mydata.delete,
}

# What a state does with a text that is no crisis, no command and no option.
STATES: Mapping[str, Handler] = {
    "new": onboarding.first_contact,  # nothing was asked yet
    "language": onboarding.language_text,
    "device": onboarding.device_text,
    "city": onboarding.city_text,
    READY: faq.answer,
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
    "places": places.places,
    "helped": entry.helped,
    "none": faq.none_of_these,
    "switch": faq.switch,
    "stay": faq.stay,
    "crisis": safety.crisis_in,
    "back": safety.back,
    "more": choices.more,
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

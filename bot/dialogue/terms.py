"""Words of the knowledge files that are a closed set, and what they are called in every language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bot.cases import CaseKind, CaseState, Role
from bot.dialogue.context import Translator
from bot.model import Situation


def N_(sentence: str) -> str:
    """Mark a sentence for translation where it stands; it is translated where it is shown."""
    return sentence


AUDIENCES: Mapping[str, str] = {
    "everyone": N_("everybody"),
    "insured": N_("people with health insurance"),
    "workers": N_("people who work"),
    "asylum-seekers": N_("people who ask for asylum"),
    "temporary-protection": N_("people with temporary protection"),
    "refugees": N_("refugees"),
    "undocumented": N_("people without residence papers"),
    "eu-citizens": N_("EU citizens"),
    "students": N_("students"),
    "minors": N_("people under 18"),
    "families": N_("families"),
}

HELP_LINES: Mapping[str, str] = {
    "gender_violence": N_("Help line, violence against women"),
    "suicide": N_("Help line, if you think about dying"),
    "trafficking": N_("Police line, forced work or prostitution"),
    "police": N_("Police"),
}

COMMANDS: Mapping[str, str] = {
    "start": N_("Begin"),
    "menu": N_("All topics"),
    "language": N_("Change language"),
    "city": N_("Change city"),
    "human": N_("Talk to a person"),
    "help": N_("Help"),
    "stop": N_("No more messages from me"),
    "cancel": N_("Leave what we are doing"),
    "continue": N_("Go on where I stopped"),
    "end": N_("End my request to a person"),
    "mydata": N_("My data"),
    "delete": N_("Delete my data"),
}

KINDS: Mapping[CaseKind, str] = {
    # Translators: a kind of request, in the middle of a sentence: "Your request 214 (a question to an advisor) waits for a person."
    "advice": N_("a question to an advisor"),
    "legal": N_("a legal question"),
    "interpreter": N_("an interpreter"),
    "companion": N_("somebody who comes along or calls"),
    "mentor": N_("a mentor"),
}

CASE_STATES: Mapping[CaseState, str] = {
    # Translators: how a request stands, at the end of a line: "your request 214: a question to an advisor; it waits"
    "waiting": N_("it waits"),
    "claimed": N_("somebody has it"),
    "closed": N_("it is closed"),
}

ROLES: Mapping[Role, str] = {
    "advisor": N_("advisor"),
    "peer": N_("peer advisor"),
    "lead": N_("lead of the desk"),
    "admin": N_("admin"),
    "interpreter": N_("interpreter"),
    "companion": N_("companion"),
    "mentor": N_("mentor"),
    # Translators: a role: a person of the city who reads the bot's answers and says whether they are still right
    "reviewer": N_("reviewer"),
}

SITUATIONS: Mapping[Situation, str] = {
    # Translators: where a sentence is shown to somebody; a button and a heading
    "doctor": N_("At the doctor"),
    "registry": N_("At an office"),
    "landlord": N_("At the landlord's"),
    "school": N_("At school"),
    "work": N_("At work"),
    "anywhere": N_("Everywhere"),
}

YES = N_("Yes")
NO = N_("No")

CHOOSE = N_("Choose")  # on a button that opens a list of choices: at most 20 letters are shown
BADGES: tuple[str, ...] = (N_("bot"), N_("person"), N_("machine translation"))  # what stands after a name, as the channels say it


def command_descriptions(translator: Translator) -> dict[str, str]:
    """Say in a few words what each command does, for platforms that list them."""
    return {name: translator.gettext(description) for name, description in COMMANDS.items()}


def for_whom(audience: Iterable[str], _: Callable[[str], str]) -> str:
    """Name the people an entry is for; "everybody" alone where it is among them."""
    known = [group for group in audience if group in AUDIENCES]
    return " · ".join(_(AUDIENCES[group]) for group in (["everyone"] if "everyone" in known else known))

"""What staff are told privately (never what a contact wrote) and what is said in desk groups, as messages in one language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

from bot.alarms import Kind
from bot.cases import CaseOutcome, Refusal, Refused
from bot.dialogue.context import Translator
from bot.dialogue.terms import N_
from bot.model import MAX_TEXT, Block, Listing, Message, Option, Paragraph, Run

Stage = Literal["first", "lead", "returned", "offer"]

MAX_MB: Final = 20  # what a bot can fetch from Telegram (core.telegram.org/bots/api#getfile, read November 2025)

SUBJECTS: Final[Mapping[Stage, str]] = {
    "first": N_("A case waits"),
    "lead": N_("A case still waits"),
    "returned": N_("A case went back to the queue"),
    "offer": N_("Somebody asks for your help"),
}
SENTENCES: Final[Mapping[Stage, str]] = {
    # Translators: {about} is a language and a topic, such as "Arabic, housing"
    "first": N_("A case waits: {about}."),
    "lead": N_("A case still waits, and nobody has taken it: {about}."),
    "returned": N_("A case went back to the queue, because nobody answered in time: {about}."),
    "offer": N_("Somebody asks for your help: {about}."),
}
OUTCOMES: Final[Mapping[CaseOutcome, str]] = {
    "solved": N_("Solved"),
    "referred": N_("Sent on to an office"),
    "unreachable": N_("The person does not answer any more"),
    "other": N_("Other"),
}
REFUSALS: Final[Mapping[Refusal, str]] = {
    "gone": N_("This case is not there any more."),
    "not-allowed": N_("You may not do this with this case."),
    "taken": N_("{name} has this case."),
    "closed": N_("This case is closed."),
    "needs-consent": N_("The person has to agree first. Nothing was done."),
    "too-late": N_("It is too late for this. Nothing was done."),
    "empty": N_("There is no text. Nothing was done."),
    "too-long": N_("The text is too long: at most {n} characters. Nothing was sent."),
    "not-written": N_("This cannot be written into the knowledge files by itself. Write it by hand."),
}
ALARMS: Final[Mapping[Kind, str]] = {
    "dead": N_("Messages could not be delivered"),
    "queue": N_("People wait too long for an answer"),
    "outbox": N_("Answers wait too long to be sent"),
    "reload": N_("A mistake in the files of the answers"),
    "disk": N_("The disk is nearly full"),
    "sweep": N_("Old data could not be deleted"),
    "database": N_("The database does not answer"),
}


def paragraph(*sentences: str) -> Paragraph:
    """Make one paragraph of some sentences."""
    return Paragraph((Run(" ".join(sentence for sentence in sentences if sentence)),))


def plain(translator: Translator, *blocks: Block, number: int = 0, options: Sequence[Option] = (), subject: str = "") -> Message:
    """Make a message; `number`: the case in whose topic it is said."""
    return Message(translator.locale, blocks, tuple(options), thread=number, subject=subject)


# ---------------------------------------------------------------- privately


def wake(translator: Translator, stage: Stage, about: str, *, is_urgent: bool, desk_url: str) -> Message:
    """Say that a case waits."""
    _ = translator.gettext
    urgent = _("It is urgent.") if is_urgent else ""
    subject = _("Urgent: a case waits") if is_urgent else _(SUBJECTS[stage])
    return plain(
        translator, paragraph(_(SENTENCES[stage]).format(about=about), urgent), options=_way_in(translator, desk_url), subject=subject
    )


def _way_in(translator: Translator, desk_url: str) -> tuple[Option, ...]:
    """Return the link to the desk; platforms refuse one to a machine of one's own."""
    return (Option("desk", translator.gettext("Open the desk"), url=desk_url),) if desk_url.startswith("https://") else ()


def alert(translator: Translator, city: str, waiting: int, desk_url: str) -> Message:
    """Say that nobody of a desk can be reached."""
    _ = translator.gettext
    sentence = translator.ngettext(
        "{n} case waits in {city}, and nobody of the desk can be reached.",
        "{n} cases wait in {city}, and nobody of the desk can be reached.",
        waiting,
    ).format(n=waiting, city=city)
    advice = _("Please look who is on duty, and how they are told.")
    subject = _("Nobody of the desk can be reached")
    return plain(translator, paragraph(sentence, advice), options=_way_in(translator, desk_url), subject=subject)


def faulty(translator: Translator, fault: str) -> Message:
    """Say that changed knowledge files have a fault; `fault` names file, line, entry and language."""
    _ = translator.gettext
    told = _("The changed answers have a mistake and are not used. The earlier ones go on answering.")
    message = plain(translator, paragraph(told), subject=_("A mistake in the files of the answers"))
    return replace(message, blocks=(*message.blocks, Paragraph((Run(fault, isolate=True),))))


def alarm(translator: Translator, kind: Kind, figure: str, *, is_over: bool) -> Message:
    """Say that something of the machinery is wrong, or that it is over; `figure`: how bad, in signs every language reads."""
    _ = translator.gettext
    what = _(ALARMS[kind])
    # Translators: {what} is what was wrong, such as "The disk is nearly full"
    told = _("This is over: {what}").format(what=what) if is_over else what
    figures = (Paragraph((Run(figure, isolate=True),)),) if figure else ()
    advice = () if is_over else (paragraph(_("Please tell whoever looks after the machine.")),)
    return plain(translator, Paragraph((Run(told, bold=True),)), *figures, *advice, subject=told)


def login(translator: Translator, url: str, minutes: int) -> Message:
    """Give somebody their way in."""
    _ = translator.gettext
    told = translator.ngettext(
        "Here is your way in to the desk. It works once, for {n} minute.",
        "Here is your way in to the desk. It works once, for {n} minutes.",
        minutes,
    ).format(n=minutes)
    unasked = _("If you did not ask for it, do nothing: nobody else has it.")
    return plain(
        translator, paragraph(told, unasked), options=(Option("desk", _("Log in"), url=url),), subject=_("Your way in to the desk")
    )


# ---------------------------------------------------------------- in a group


def linked(translator: Translator, city: str) -> Message:
    """Say what a group is from now on, and who can read along."""
    _ = translator.gettext
    lines = (
        _("Everybody in this group can read every case here, and so can Telegram. Keep it closed."),
        _("Only who was invited to the desk and has opened a chat with me can answer. Write as yourself, not as the group."),
        _("What you write in a topic goes to the person, once you have claimed the case: /claim"),
        _("A note for colleagues begins with // or /note"),
        _("Write /withdraw as an answer to your own message to take it back. Deleting it here is not enough."),
        _("Other commands: /pass and a reason, /close"),
    )
    heading = Paragraph((Run(_("This group is now the desk of {city}. Every case gets its own topic.").format(city=city), bold=True),))
    return plain(translator, heading, Listing(tuple((Run(line),) for line in lines)))


def no_forum(translator: Translator, *, is_forum: bool) -> Message:
    """Say what a group lacks to be a desk."""
    _ = translator.gettext
    lacks = _("This group has no topics. Switch them on in its settings.")
    may_not = _("I may not manage topics here. Make me an administrator who may.")
    return plain(translator, paragraph(may_not if is_forum else lacks, _("Then write the same command again.")))


def bad_code(translator: Translator) -> Message:
    """Say that a link code is no good."""
    return plain(translator, paragraph(translator.gettext("This code is not good any more. Please ask for another.")))


def stranger(translator: Translator, number: int, *, is_anonymous: bool) -> Message:
    """Say why somebody cannot answer here."""
    _ = translator.gettext
    anonymous = _("Who writes as the group cannot answer: I must know who it is. Switch off “Remain anonymous”.")
    unknown = _("Only who was invited to the desk can answer here. Ask the lead of the desk for an invite, and open it in a chat with me.")
    return plain(translator, paragraph(_("This was not passed on."), anonymous if is_anonymous else unknown), number=number)


def too_large(translator: Translator, number: int) -> Message:
    """Say that a file was not passed on."""
    text = translator.gettext("This file is too large to be passed on: at most {n} MB.").format(n=MAX_MB)
    return plain(translator, paragraph(text), number=number)


def refused(translator: Translator, result: Refused, number: int, *, is_waiting: bool) -> Message:
    """Say why something was not done."""
    _ = translator.gettext
    if result.reason == "not-allowed" and is_waiting:
        text = _("This was not passed on. Claim the case first: /claim")
    elif result.reason == "taken" and not result.by:
        text = _("Somebody else has this case.")
    else:
        text = _(REFUSALS[result.reason]).format(name=result.by, n=MAX_TEXT)
    return plain(translator, paragraph(text), number=number)


def outcomes(translator: Translator, number: int) -> Message:
    """Ask how a case ended."""
    _ = translator.gettext
    options = [Option(f"close:{number}:{outcome}", _(label)) for outcome, label in OUTCOMES.items()]
    return plain(translator, paragraph(_("How did it end?")), number=number, options=options)


def how_to_note(translator: Translator, number: int) -> Message:
    """Say how a note is written."""
    return plain(translator, paragraph(translator.gettext("Begin with // and write: only colleagues see it.")), number=number)


def how_to_withdraw(translator: Translator, number: int) -> Message:
    """Say how something is taken back."""
    text = translator.gettext("Write /withdraw as an answer to the message of yours that is to be taken back.")
    return plain(translator, paragraph(text), number=number)

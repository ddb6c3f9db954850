"""Every text of the desk pages, as English msgids for the catalogues, and the bundles the pages fetch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property

from bot.channels.web.page import PageTexts
from bot.channels.web.texts import UI_TEXTS
from bot.web import static_files


def N_(text: str) -> str:
    """Mark a text for extraction; it is translated when it is shown."""
    return text


# What the drawing of a message says on every page of ours.
SHARED_TEXTS = (
    "bot", "person", "translation", "read_aloud", "stop_reading", "map", "save_file", "file", "share_place", "original", "you",
    "language", "send", "attach", "file_too_large", "file_type", "noscript",
)  # fmt: skip

DESK_TEXTS = {
    # Translators: name of the page on which advisors answer
    "desk": N_("Desk"),
    # Translators: title of the page where a member of staff logs in
    "login_title": N_("Log in to the desk"),
    # ---- around the page
    "skip_to_case": N_("Skip to the case"),
    "menu": N_("Menu"),
    # Translators: heading and button for the list of all cases a member of staff may see
    "queue": N_("Queue"),
    # Translators: heading and button for the conversations that are open on the desk
    "cases": N_("Cases"),
    # Translators: heading and button for ready answers and places, beside the conversation
    "help_pane": N_("Help"),
    # Translators: read out by screen readers: the buttons that show one part of the page at a time
    "panes": N_("Parts of the page"),
    "open_cases": N_("Open cases"),
    "welcome": N_("Choose a case from the queue. Press ? for the keyboard shortcuts."),
    "conversation": N_("Conversation"),
    "close_dialog": N_("Close this window"),
    "no_connection": N_("No connection. What you write is kept and sent as soon as it is back."),
    "too_many_tabs": N_("The desk is open in too many windows. This one has stopped."),
    # Translators: a button that goes on in this window of the browser
    "come_back": N_("Go on here"),
    "new_version": N_("The desk has been renewed."),
    "load_again": N_("Load it again"),
    "noscript_desk": N_("The desk needs JavaScript."),
    # ---- on duty or away
    # Translators: state of a member of staff: they are there and can be given cases
    "on_duty": N_("On duty"),
    "away": N_("Away"),
    # Translators: {at} is a date and a time
    "away_till": N_("Away until {at}"),
    # Translators: title of a small form: are you there, or away?
    "duty": N_("Are you on duty?"),
    "duty_here": N_("I am here"),
    "duty_until": N_("I am away until a certain time"),
    "duty_away": N_("I am away"),
    "away_until": N_("Back at"),
    # Translators: who does the work of somebody who is away
    "substitute": N_("Who stands in for you"),
    "substitute_why": N_("New cases are offered to them while you are away."),
    "nobody": N_("Nobody"),
    "duty_why": N_("While you are away, your open cases go back to the queue."),
    "save": N_("Save"),
    "saved": N_("Saved."),
    # ---- practice
    # Translators: a button, verb: begin an exercise with a simulated person
    "practise": N_("Practise"),
    # Translators: mark on a case that is only an exercise
    "practice": N_("practice"),
    "practice_why": N_("You answer a simulated person. Nobody else sees it, and it is not counted."),
    "practice_language": N_("Language of the simulated person"),
    "practice_begin": N_("Begin"),
    # ---- the queue
    # Translators: heading over cases this member of staff is asked to take
    "part_asked": N_("You are asked"),
    "part_waiting": N_("Waiting"),
    "part_mine": N_("My cases"),
    "part_others": N_("With colleagues"),
    "nobody_waits": N_("Nobody waits."),
    "no_cases": N_("You have no open cases."),
    "none": N_("None"),
    # Translators: mark on a case where the person has written something new
    "new": N_("new"),
    # Translators: mark on a case that must come first
    "high": N_("urgent"),
    # Translators: mark on a waiting case that fits the languages and topics of the reader
    "for_you": N_("for you"),
    # Translators: place in the line of those who wait
    "place": N_("place {n}"),
    # Translators: how long ago: less than a minute
    "just_now": N_("now"),
    "kind_advice": N_("advice"),
    "kind_legal": N_("legal question"),
    "kind_interpreter": N_("interpreter"),
    # Translators: somebody who comes along to an office or calls there
    "kind_companion": N_("someone who comes along"),
    "kind_mentor": N_("mentor"),
    # Translators: a button: yes, I take this request
    "accept": N_("I can do it"),
    "decline": N_("I cannot"),
    # Translators: a button: give back a request one had taken
    "decline_own": N_("I cannot do it after all"),
    # ---- a case
    "case_number": N_("case {n}"),
    # Translators: before how long it has been: "waits 4 min"
    "waits": N_("waits"),
    # Translators: who has the case: "with Lucía"
    "taken_by": N_("with {name}"),
    "closed": N_("closed"),
    # Translators: what the person said after the case was closed
    "helped_yes": N_("it helped"),
    "helped_not_yet": N_("it has not helped yet"),
    "claim": N_("Take the case"),
    # Translators: a button and a title: give a case to somebody else
    "pass_on": N_("Pass on"),
    # Translators: a button and a title: the work on this case is done
    "close_case": N_("Close the case"),
    "reopen": N_("Open again"),
    # Translators: a button: save the conversation as a text file
    "export": N_("Save as text"),
    # Translators: a button: keep this conversation on the screen beside others
    "pin": N_("Keep beside others"),
    # Translators: a button: take this conversation off the screen; the case stays as it is
    "close_tab": N_("Put away"),
    "case_gone": N_("Case {n} is no longer with you."),
    "asked_about": N_("Asked about: {title}"),
    "wants_language": N_("Interpreter wanted for: {language}"),
    # Translators: {name} is an organisation
    "passing_to": N_("The person is asked whether this may go to {name}."),
    "claim_to_answer": N_("Take the case to answer."),
    "is_closed": N_("This case is closed."),
    "not_yours": N_("A colleague answers this case."),
    "agreement_awaited": N_("The person is asked whether they agree. You can write after that."),
    # ---- lines
    # Translators: stands before the name on something only colleagues see: "Internal note · Marco"
    "note": N_("Note for colleagues"),
    "edited": N_("changed"),
    "taken_back": N_("Taken back."),
    # Translators: heading of a place somebody shared, which has no name
    "a_place": N_("A place on the map"),
    # Translators: before the labels of buttons a person was shown: "Buttons: Yes · No"
    "buttons": N_("Buttons"),
    "correct": N_("Correct"),
    "withdraw": N_("Take back"),
    "correct_title": N_("Correct your message"),
    "correct_label": N_("Your message"),
    "correct_do": N_("Send the correction"),
    "withdraw_title": N_("Take this message back?"),
    "withdraw_why": N_("It disappears on the other side as well, but it may have been read already."),
    "sending": N_("Sending…"),
    "not_sent_yet": N_("Not sent."),
    "send_again": N_("Send again"),
    # Translators: a button: do not send this after all
    "drop": N_("Do not send"),
    "new_below": N_("New messages below"),
    # ---- writing
    "who_reads": N_("Who reads it"),
    # Translators: one of two ways to write: the person reads it
    "reply": N_("Reply"),
    # Translators: {language} is the language the person reads
    "placeholder_reply": N_("Write your reply. The person reads {language}."),
    "placeholder_note": N_("A note for colleagues. The person never sees it."),
    "label_reply": N_("Your reply to the person"),
    "label_note": N_("Your note for colleagues"),
    "attach_file": N_("Send a file"),
    "remove_file": N_("Remove {name}"),
    "file_too_large_of": N_("{name} is too large. Up to {n} MB can be sent."),
    "too_long_by": N_("Too long by this many characters: {n}"),
    "sent_as_place": N_("This is sent as a place on the map."),
    # ---- passing on and closing
    "pass_to": N_("To whom"),
    "way_topic": N_("The queue of a topic"),
    "way_staff": N_("A colleague"),
    "way_organisation": N_("Another organisation"),
    "pass_to_topic": N_("Topic"),
    "pass_to_staff": N_("Colleague"),
    "pass_to_organisation": N_("Organisation"),
    "contact_is_asked": N_("The person is asked first. Only if they agree does the organisation see anything."),
    "pass_reason": N_("Why"),
    "pass_reason_why": N_("Colleagues read this."),
    "is_away": N_("away"),
    "close_outcome": N_("How did it end?"),
    "close_why": N_("The person hears that the case is closed. If they write within 7 days, it opens again."),
    "outcome_solved": N_("Solved"),
    "outcome_referred": N_("Sent on to another place"),
    "outcome_unreachable": N_("The person did not answer"),
    "outcome_ended": N_("The person ended it"),
    "outcome_other": N_("Something else"),
    # ---- ready answers
    "help_none": N_("Open a case to find answers for it."),
    "search_label": N_("Search the ready answers"),
    "search_placeholder": N_("Search the ready answers…"),
    "ready_answers": N_("Ready answers"),
    "places_open": N_("Places open now"),
    "no_answers": N_("Nothing found. Try other words."),
    # Translators: a button: show a ready answer
    "read": N_("Read"),
    # Translators: a button; {language} is the name of a language: "Send in العربية"
    "send_in": N_("Send in {language}"),
    "not_in_language": N_("There is no text in {language}."),
    # Translators: {day} is a date
    "confirmed": N_("Confirmed on {day}"),
    "unconfirmed": N_("Not yet confirmed"),
    "machine": N_("machine translation"),
    "answer_wrong": N_("This answer is wrong"),
    "report_title": N_("What is wrong with this answer?"),
    "report_why": N_("What is wrong"),
    "report_warns": N_("A warning stands above this answer at once, until somebody has looked at it."),
    "report_hides": N_("This answer is hidden at once, until somebody has looked at it."),
    "report_do": N_("Report it"),
    "reported": N_("Thank you. The admins have been told."),
    # ---- settings
    "settings": N_("Settings"),
    "this_browser": N_("In this browser"),
    "desk_language": N_("Language of the desk"),
    "setting_enter": N_("Enter sends (otherwise Ctrl+Enter)"),
    "setting_sound": N_("A short sound when somebody waits or writes"),
    "setting_notify": N_("Notifications of the browser, without any content"),
    "setting_keys": N_("Keyboard shortcuts with single letters"),
    "notify_refused": N_("The browser does not allow notifications for this page."),
    # Translators: heading: how to be told that a case waits, when the desk is closed
    "wake": N_("How to reach you when a case waits"),
    "wake_web": N_("A notification of this browser, while the desk is open"),
    "wake_telegram": N_("A message from the bot in Telegram"),
    "wake_email": N_("E-mail"),
    "wake_why": N_("The message never says what anybody wrote."),
    "wake_join_telegram": N_("The message never says what anybody wrote. For Telegram, open your invite there."),
    "email": N_("Your e-mail address"),
    "email_known": N_("An address is known. Leave this empty to keep it."),
    "email_why": N_("Needed for e-mail, and to log in by a link."),
    # Translators: {language} and {topic} say what a case is about: "A case waits: Arabic, Housing"
    "notify_waits": N_("A case waits: {language}, {topic}"),
    "notify_new": N_("Somebody has written in one of your cases."),
    "logins": N_("My logins"),
    "logins_why": N_("End a login you do not know, or of a device you no longer have."),
    "login_since": N_("since {opened}, last used {seen}"),
    # Translators: mark on the login the reader is using now
    "this_one": N_("this one"),
    "end_login": N_("End"),
    "logout": N_("Log out"),
    # ---- keyboard
    "shortcuts": N_("Keyboard shortcuts"),
    "key_j": N_("Next case in the queue; Enter opens it"),
    "key_k": N_("Previous case in the queue"),
    "key_c": N_("Take the case"),
    "key_r": N_("Reply"),
    "key_n": N_("Note for colleagues"),
    "key_search": N_("Search the ready answers"),
    "key_e": N_("Close the case"),
    "key_help": N_("This list"),
    "key_send": N_("Ctrl+Enter or ⌘+Enter always sends, Shift+Enter begins a new line."),
    # ---- for leads and admins
    "team": N_("Team"),
    "figures": N_("Figures"),
    "reports": N_("Reports on answers"),
    "gaps": N_("Questions without an answer"),
    "audit": N_("Audit"),
    "role_advisor": N_("Advisor"),
    # Translators: somebody with own experience of arriving, who answers general questions
    "role_peer": N_("Peer advisor"),
    # Translators: leads a team of advisors
    "role_lead": N_("Lead"),
    "role_admin": N_("Admin"),
    "role_interpreter": N_("Interpreter"),
    "role_companion": N_("Companion"),
    "role_mentor": N_("Mentor"),
    # Translators: a role: a person of the city who reads the bot's answers and says whether they are still right
    "role_reviewer": N_("Reviewer"),
    # Translators: {at} is a date and a time
    "seen": N_("last here {at}"),
    "unreachable_member": N_("cannot be reached while the desk is closed"),
    "remove_member": N_("Remove"),
    "remove_title": N_("Remove this person from the team?"),
    "remove_why": N_("Their logins end at once, and their open cases go back to the queue."),
    "invite": N_("Invite somebody"),
    "invite_do": N_("Make the invite"),
    "member_name": N_("Name"),
    "member_name_why": N_("People who write to us see this name."),
    "member_role": N_("Role"),
    "member_languages": N_("Languages"),
    "languages_why": N_("Type a language and press Enter. None means all of them."),
    "unknown_language": N_("This language is not known. Try its name in another language, or its code."),
    "member_topics": N_("Topics (none: all of them)"),
    "member_areas": N_("Districts (none: all of them)"),
    "member_organisation": N_("Organisation"),
    "member_gender": N_("Gender"),
    "gender_why": N_("Asked for by some people who want an interpreter or a companion."),
    "no_matter": N_("Not said"),
    "woman": N_("Woman"),
    "man": N_("Man"),
    "member_hours": N_("Hours"),
    "hours_why": N_("As OpenStreetMap writes them. Empty means the hours of the desk."),
    "member_on_call": N_("On call: is woken for urgent cases at any hour"),
    "invited": N_("The invite"),
    "invited_why": N_("Give one of these to the person. It works once."),
    "invite_web": N_("Link to the web desk"),
    "invite_telegram": N_("Link to the bot in Telegram"),
    "invite_code": N_("Code"),
    "copy": N_("Copy"),
    "copied": N_("Copied."),
    "figures_why": N_("All cases, by language and topic. Times are averages."),
    "no_figures": N_("Nothing has been counted yet."),
    "figures_few": N_("Only admins see numbers below five: they could point to one person."),
    # Translators: heads of the columns of a table of cases
    "case_language": N_("Language"),
    "topic": N_("Topic"),
    "figure_opened": N_("Opened"),
    "figure_answered": N_("Answered"),
    "figure_time": N_("Until the first answer"),
    "figure_closed": N_("Closed"),
    "figure_helped_yes": N_("Helped"),
    "figure_helped_not_yet": N_("Not yet helped"),
    # Translators: cases that went back to the queue because nobody answered in time
    "figure_returned": N_("Returned"),
    "no_reports": N_("No reports are open."),
    "by_contact": N_("by a person who asked"),
    "by_advisor": N_("by an advisor"),
    "by_lead": N_("by a lead"),
    "by_reviewer": N_("by a reviewer"),
    # Translators: beside a report on an answer
    "about_changed": N_("something has changed"),
    "about_wording": N_("about the wording in this language"),
    # Translators: a button: this report has been looked at and dealt with
    "resolve": N_("Dealt with"),
    "gaps_why": N_("People let us keep these questions, without names and numbers. They are deleted after 90 days."),
    "no_gaps": N_("There are no such questions now."),
    # Translators: {entry} is the title of the answer that is nearest to a group of questions
    "gap_near": N_("nearest answer: {entry}"),
    "gap_add": N_("Add to an answer …"),
    "gap_add_why": N_("The texts become example questions of this answer. Texts with a masked place are left out."),
    # Translators: a label: which of the bot's answers
    "gap_entry": N_("Answer"),
    "gap_add_do": N_("Add the questions"),
    "gap_added": N_("New questions in the file: {n}"),
    # Translators: a button: take a group of questions off the list
    "gap_dismiss": N_("Dismiss"),
    "audit_why": N_("Who did what. It never says what anybody wrote."),
    "at": N_("When"),
    "who": N_("Who"),
    # Translators: head of a column: what somebody did
    "deed": N_("What"),
    "case": N_("Case"),
    "detail": N_("More"),
    "more": N_("Show more"),
    # ---- what can go wrong
    "error_not_allowed": N_("You are not allowed to do this."),
    "error_gone": N_("This is no longer there."),
    # Translators: {by} is the name of the colleague who was quicker
    "error_taken": N_("{by} has already taken this case."),
    "error_closed_to_you": N_("A colleague has already taken this case."),
    "error_closed": N_("This case is closed."),
    "error_needs_consent": N_("The person has to agree first."),
    "error_too_late": N_("It is too late for this."),
    "error_code": N_("This code is not known any more."),
    "error_too_large": N_("This is too large."),
    "error_type": N_("This kind of file cannot be sent. Photos, PDF files and recordings can."),
    "error_empty": N_("There is nothing to send."),
    "error_too_long": N_("This is too long."),
    "error_not_written": N_("This cannot be written into the knowledge files by itself. Write it by hand."),
    "error_no_email": N_("This is not an e-mail address, or e-mail is not set up here."),
    "error_no_telegram": N_("Telegram is not linked yet."),
    "error_unknown": N_("This is not known here: {field}"),
    "error_unavailable": N_("This does not work at the moment. Please try again."),
    "error_offline": N_("There is no connection."),
    "error_other": N_("This did not work."),
    # ---- the door
    # Translators: {service} is the name of the service
    "join_title": N_("You are invited to the desk of {service}"),
    "join_why": N_("The invite works once, and logs you in on this device."),
    "join_do": N_("Log in"),
    "code_gone": N_("This invite was used already, or it is too old. Ask for a new one."),
    "code_missing": N_("There is no invite in this link. Open the whole link you were given."),
    "other_ways": N_("Other ways to log in"),
    "login_email": N_("Your e-mail address"),
    "login_do": N_("Send me a login link"),
    "login_asked": N_("If this address is known here, a link is on its way. Look into your mail."),
    "login_telegram": N_("If you use Telegram with us: write /desk to the bot, and it sends you a link."),
    "login_invite": N_("Nobody knows you here yet? Ask your lead for an invite."),
}


@dataclass(frozen=True)
class DeskTexts(PageTexts):
    """What a page of the desk needs to speak a language."""

    _versions: dict[str, str] = field(default_factory=dict)

    @cached_property
    def _sources(self) -> dict[str, str]:
        return {key: UI_TEXTS[key] for key in SHARED_TEXTS} | DESK_TEXTS

    def of(self, locale: str) -> dict[str, str]:
        """Return every text of the desk in a locale."""
        return {key: self.translate(locale, text) for key, text in self._sources.items()}

    def version(self, locale: str) -> str:
        """Name the texts and files of a page: a page that was loaded under another name should load again."""
        if locale not in self._versions:
            whole = static_files().fingerprint + json.dumps(self.of(locale), ensure_ascii=False, sort_keys=True)
            self._versions[locale] = hashlib.sha256(whole.encode()).hexdigest()[:12]
        return self._versions[locale]

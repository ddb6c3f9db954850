"""Every text of the chat page that the dialogue does not write, as English msgids for the catalogues."""

from __future__ import annotations


def N_(text: str) -> str:
    """Mark a text for extraction; it is translated when it is shown."""
    return text


UI_TEXTS = {
    "skip": N_("Skip to the message box"),
    # Translators: name of the area that shows the messages, read out by screen readers
    "conversation": N_("Conversation"),
    "message_label": N_("Your message"),
    "placeholder": N_("Write your question…"),
    "send": N_("Send"),
    "person_button": N_("Talk to a person"),
    # Translators: a button that closes the page at once, for people who must not be seen reading it; keep it very short
    "leave": N_("Leave quickly"),
    "leave_hint": N_("Closes this page at once and opens another one. Pressing Esc twice does the same."),
    "language": N_("Change language"),
    # Translators: opens a short list: all topics, change city, help, my data, delete my data
    "menu": N_("Menu"),
    "topics": N_("All topics"),
    "city": N_("Change city"),
    "help": N_("Help"),
    "mydata": N_("My data"),
    "delete": N_("Delete my data"),
    "connecting": N_("Connecting…"),
    "offline": N_("No connection. What you write is kept and sent as soon as it is back."),
    "busy": N_("Very many people are writing just now. Your message will be sent in a moment."),
    "cookies": N_("Please allow cookies for this page. Without them the chat cannot tell one message from the next."),
    # Translators: stands after the name of the service on each message a program wrote: "Dragoman · bot"
    "bot": N_("bot"),
    # Translators: stands after the name of an advisor on each message a human being wrote: "Lucía · person"
    "person": N_("person"),
    # Translators: stands on messages a machine translated: "Lucía · machine translation"
    "translation": N_("machine translation"),
    # Translators: who wrote the message: the reader
    "you": N_("You"),
    "typing": N_("{name} is writing…"),
    "read_aloud": N_("Read aloud"),
    "stop_reading": N_("Stop reading"),
    # Translators: a link that opens a map
    "map": N_("Map"),
    "save_file": N_("Save {name}"),
    "share_place": N_("Share where I am"),
    "place_failed": N_("Your device did not tell where you are. You can write the name of your city instead."),
    # Translators: under a message of the reader that is on its way
    "sending": N_("Sending…"),
    "not_sent": N_("Not sent. Please write it again."),
    "too_long": N_("Only the first {limit} characters will be read."),
    # Translators: a button beside the message box that chooses a file or a photo for the advisor
    "attach": N_("Send a photo or a file"),
    "file": N_("File"),
    "file_nobody": N_("No person reads this chat now, so the file was not sent. Ask for a person first."),
    "file_too_large": N_("This file is too large. Up to 10 MB can be sent."),
    "file_type": N_("This kind of file cannot be sent. Photos, PDF files and recordings can."),
    # Translators: before the words a person wrote, under their machine translation
    "original": N_("Original"),
    "withdrawn": N_("A message was taken back by who wrote it."),
    "erased": N_("This page is empty now. Nothing of the conversation is kept on this device."),
    "again": N_("Start again"),
    "noscript": N_("This chat needs JavaScript. In an emergency call 112."),
    # Translators: shown instead of the chat by browsers that are years old, or when the page did not arrive whole
    "old": N_("The chat could not start. Load the page again, or open it in a newer browser. In an emergency call 112."),
    "description": N_("Questions about living in your city, answered in your language, and the way to a person."),
}

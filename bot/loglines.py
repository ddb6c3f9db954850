"""One line of the log for each event: to read (plain) or for machines (JSON), with times in UTC.

A line of JSON holds the name of the event and the fields that EVENTS names for it, nothing else: of what another library says, it holds
where that was said. tests/test_loglines.py holds the table against every call in the code."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from bot.discretion import harmless
from bot.logs import DiscreetFormatter

LogFormat = Literal["plain", "json"]

# template -> name of the event, and the fields its values are given under
EVENTS: Final[Mapping[str, tuple[str, Sequence[str]]]] = {
    "ready: %s": ("serve.ready", ("url",)),
    "TRUSTED_PROXIES names no proxy: all people seem to have its address, and new sessions are limited for all together": (
        "serve.no-proxy",
        (),
    ),
    "stopped by an error: %s": ("serve.crashed", ("error",)),
    "a thread ended by an error: %s": ("serve.thread-crashed", ("error",)),
    "an error nobody could catch: %s": ("serve.uncaught", ("error",)),
    "this process %s": ("replica.lead", ("what",)),
    "notices of other processes are not heard: %s": ("replica.deaf", ("error",)),
    "the key file of the backups still opens what was erased: %s": ("backup.keys-old", ("fault",)),
    "stopping": ("serve.stopping", ()),
    "stopped after %.1f s": ("serve.stopped", ("seconds",)),
    "knowledge replaced: %d cities, after %.1f s": ("knowledge.replaced", ("cities", "seconds")),
    "the changed knowledge is not used, the earlier one keeps answering: %s": ("knowledge.refused", ("fault",)),
    "what sentences mean was not learnt to the end (exit code %d): the light model goes on": ("meaning.unlearnt", ("code",)),
    "what sentences mean cannot be learnt, the light model goes on: %s": ("meaning.unlearnt", ("fault",)),
    "the sentences of %s are understood by meaning": ("meaning.ready", ("city",)),
    "a question was not heard within %.1f s: the light model answers it": ("meaning.late", ("seconds",)),
    "a confirmation is not written into its file: %s": ("confirmation.unwritten", ("fault",)),
    "confirmations written into files: %d": ("confirmation.written", ("count",)),
    "questions are not written into a file: %s": ("questions.unwritten", ("fault",)),
    "handling waits for the database: %s": ("handle.waits", ("fault",)),
    "the inbox cannot be read: %s": ("inbox.unreadable", ("fault",)),
    "turn failed in state %s: %s": ("turn.failed", ("state", "error")),
    "a delivery could not be settled, its lease will end: %s": ("delivery.unsettled", ("fault",)),
    "delivery %d is given up: %s": ("delivery.dead", ("delivery", "fault")),
    "delivery %d failed: %s": ("delivery.failed", ("delivery", "error")),
    "delivery %d is given up after %d attempts": ("delivery.dead", ("delivery", "attempts")),
    "sending waits for the database: %s": ("send.waits", ("fault",)),
    "swept: %d histories, %d inbox keys, %d contacts, %d cases": ("sweep.done", ("histories", "inbox_keys", "contacts", "cases")),
    "the sweep waits for the database: %s": ("sweep.failed", ("fault",)),
    "translating pauses for %d s: %s": ("translate.pauses", ("seconds", "error")),
    "alarm: %s %s": ("alarm.on", ("kind", "figure")),
    "alarm over: %s": ("alarm.over", ("kind",)),
    "the admins are not told of an alarm: %s": ("alarm.untold", ("error",)),
    "a round of the watch failed: %s": ("watch.failed", ("error",)),
    "the figures wait for the database: %s": ("watch.waits", ("error",)),
    "the desk waits for the database: %s": ("desk.waits", ("fault",)),
    "a round of the desk failed: %s": ("desk.failed", ("error",)),
    "an event of a desk group failed: %s": ("desk.group-failed", ("error",)),
    "the topic of case %d is to be deleted": ("case.topic-deleted", ("case",)),
    "case %d could not be relayed: %s": ("case.unrelayed", ("case", "error")),
    "case %d could not be looked at: %s": ("case.failed", ("case", "error")),
    "case %d goes back to the queue: %s": ("case.returned", ("case", "why")),
    "%s: %d cases wait and nobody of the desk can be reached": ("case.nobody-there", ("city", "count")),
    "webhook call refused: not from %s": ("webhook.forged", ("platform",)),
    "an update waits at %s: %s": ("webhook.update-waits", ("platform", "error")),
    "updates wait at Telegram: %s": ("telegram.updates-wait", ("error",)),
    "updates wait at Telegram for %.0f s: too much waits here": ("telegram.overloaded", ("seconds",)),
    "Telegram refuses the token: this channel stays off. Ask @BotFather for a new one and start again": ("telegram.token-refused", ()),
    "Telegram refuses the token": ("telegram.token-refused", ()),
    "%s: done": ("telegram.call-done", ("call",)),
    "%s failed (%s), again in %.1f s": ("telegram.call-again", ("call", "error", "seconds")),
    "%s failed: %s": ("telegram.call-failed", ("call", "error")),
    "getChatMember failed: %s": ("telegram.member-unknown", ("error",)),
    "update skipped: %s (%d so far)": ("telegram.skipped", ("error", "count")),
    "poll failed: %s": ("telegram.poll-failed", ("error",)),
    "another process polls with the same token, or a webhook is set": ("telegram.conflict", ()),
    "the topic of a case is gone": ("telegram.topic-gone", ()),
    "a desk group has no topics, or lacks the right to %s: make the bot an administrator with that right": (
        "telegram.no-right",
        ("right",),
    ),
    "a desk group does not let us delete messages: the topics of erased cases would stay": ("telegram.no-deleting", ()),
    "a file cannot be had: %s": ("file.unreachable", ("error",)),
    "WhatsApp knows the number": ("whatsapp.ready", ()),
    "WhatsApp refuses the token: nothing can be sent until there is a new one": ("whatsapp.token-refused", ()),
    "WhatsApp does not tell the number: %s": ("whatsapp.no-number", ("error",)),
    "messages nobody can read: %d (%d so far)": ("whatsapp.skipped", ("count", "so_far")),
    "WhatsApp could not deliver a message: error %d": ("whatsapp.undelivered", ("code",)),
    "WhatsApp does not take the template: %s": ("whatsapp.no-template", ("error",)),
    "WhatsApp does not take a file: error %d": ("whatsapp.file-refused", ("code",)),
    "Telegram does not take a file as %s": ("telegram.file-refused", ("way",)),
    "Telegram refused our markup; sent as plain text instead": ("telegram.markup-refused", ()),
    "a message could not be taken back: Telegram does not let us delete or change it": ("telegram.not-withdrawn", ()),
}


class PlainLines(DiscreetFormatter):
    """One line to read."""

    default_time_format, default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def converter(self, seconds: float | None) -> time.struct_time:
        """Read times as UTC."""
        return time.gmtime(seconds)

    def format(self, record: logging.LogRecord) -> str:
        """Write a record on one line."""
        return super().format(record).replace("\r", " ").replace("\n", " | ")


class JsonLines(PlainLines):
    """One object of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the event and its fields."""
        line: dict[str, object] = {"time": self.formatTime(record), "level": record.levelname, "logger": record.name}
        line["event"], fields = EVENTS.get(str(record.msg), ("other", ()))
        if line["event"] == "other":
            line["place"] = f"{record.module}:{record.lineno}"
        values = record.args if isinstance(record.args, tuple) else ()
        line |= {field: _shown(value) for field, value in zip(fields, values, strict=False)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _shown(value: object) -> object:
    """Return a value as a field holds it."""
    shown = harmless(value)
    return shown if isinstance(shown, int | float) else str(shown)


def lines_of(log_format: LogFormat) -> logging.Formatter:
    """Return what writes the lines."""
    return JsonLines() if log_format == "json" else PlainLines()

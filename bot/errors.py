"""Every exception raised on purpose.

BotError
├── ConfigError                 a setting is wrong; the program does not start
├── KnowledgeError              a knowledge file is wrong: file, line, entry, language
├── ChannelError(retryable)     a platform did not take a message
│   ├── ChannelThrottled        it names the time after which it will
│   ├── ContactAsleep           it will once the contact writes again
│   ├── ChannelRejected         it never will: this message is bad
│   └── ContactBlocked          it never will: this contact does not want messages from us
├── Overloaded                  more is waiting than we promised to hold; come back after some seconds
├── ServeError                  the running process cannot go on; whoever supervises it starts it anew
└── StoreError                  the database refused
    ├── StoreLocked             another process serves from the same data folder
    └── WrongKey                the secret key does not open this data
"""


class BotError(Exception):
    """The root of every exception of ours."""


class ConfigError(BotError):
    """A setting is missing or wrong."""


class KnowledgeError(BotError):
    """A knowledge file breaks a rule.

    `file` is relative to the knowledge folder; `line` counts from 1 (0 where no line can be named)."""

    def __init__(self, message: str, *, file: str = "", line: int = 0, entry: str = "", locale: str = "") -> None:
        self.message, self.file, self.line, self.entry, self.locale = message, file, line, entry, locale
        super().__init__(str(self))

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        about = ", ".join(part for part in (self.entry, f"language {self.locale}" if self.locale else "") if part)
        return ": ".join(part for part in (where, about, self.message) if part)


class ChannelError(BotError):
    """A platform did not take a message.

    `retryable`: trying later may help. `uncertain`: the message may have arrived all the same."""

    def __init__(self, message: str = "", *, retryable: bool = True, uncertain: bool = False) -> None:
        super().__init__(message or type(self).__doc__)
        self.retryable, self.uncertain = retryable, uncertain


class ChannelThrottled(ChannelError):
    """The platform asks to wait `retry_after_s` seconds; the message was surely not delivered."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"throttled for {retry_after_s} s", retryable=True, uncertain=False)
        self.retry_after_s = retry_after_s


class ContactAsleep(ChannelError):
    """The contact may only be written to once they write again; the message was surely not delivered."""

    def __init__(self) -> None:
        super().__init__(retryable=True, uncertain=False)


class ChannelRejected(ChannelError):
    """The platform refuses this message for good."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message, retryable=False, uncertain=False)


class ContactBlocked(ChannelError):
    """The contact has blocked us or never started a chat."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message, retryable=False, uncertain=False)


class Overloaded(BotError):
    """More is waiting than we promised to hold."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"overloaded, retry after {retry_after_s} s")
        self.retry_after_s = retry_after_s


class ServeError(BotError):
    """The running process cannot go on."""


class StoreError(BotError):
    """The database refused."""


class FilesGone(StoreError):
    """A file of the database was moved, deleted or replaced while in use; the message names it."""


class StoreLocked(StoreError):
    """Another process serves from the same data folder."""


class WrongKey(StoreError):
    """The secret key does not open this data."""

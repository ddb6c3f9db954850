"""E-mail as a channel that only sends: it wakes advisors and brings them their login link. Nothing a contact wrote is ever in it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime, parseaddr
from typing import Final, Literal

import aiosmtplib
from aiosmtplib import SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPResponseException, SMTPSenderRefused
from starlette.routing import BaseRoute

from bot.channels import Capabilities, Host, Parcel
from bot.errors import ChannelError, ChannelRejected, ContactBlocked
from bot.model import Block, FactTable, Listing, Message, Runs

Encryption = Literal["starttls", "tls", "none"]

SEND_S: Final = 9.0  # the service waits 10 s
LEAVE_S: Final = 0.5
MAX_SUBJECT: Final = 120  # characters
_NO_SUCH_BOX: Final = frozenset({550, 551, 553})  # RFC 5321, 4.2.3: no such mailbox, not here, name not allowed
_FAULTS: Final = (SMTPException, OSError, TimeoutError)
_ADDRESS: Final = re.compile(r"[!-;=?A-~]+@[!-;=?A-~]+")  # printable ASCII without spaces and brackets; the rest is the server's business


class EmailChannel:
    """Sends through one mail server, with a connection for each message: there are few."""

    name = "email"
    capabilities = Capabilities(max_options=None, max_text=None, shared_device=False, location=False)

    def __init__(
        self,
        host: str,
        port: int,
        *,
        sender: str,
        clock: Callable[[], datetime],
        user: str | None = None,
        password: str | None = None,
        encryption: Encryption = "starttls",
    ) -> None:
        """Make the channel. `sender` may carry a name: "Desk <desk@example.org>"."""
        self._host, self._port, self._sender, self._clock = host, port, sender, clock
        self._user, self._password, self._encryption = user, password, encryption

    async def start(self, host: Host) -> None:
        """Do nothing: no mail is received."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return no routes."""
        return ()

    def split(self, message: Message) -> tuple[Message, ...]:
        """Leave the message whole."""
        return (message,)

    async def send(self, parcel: Parcel) -> str | None:
        """Send one mail. Raises ChannelRejected, ContactBlocked, or ChannelError: uncertain only once the text was on its way."""
        if not _ADDRESS.fullmatch(parcel.contact.address):
            raise ChannelRejected("email: the address is none")
        mail = compose(parcel, self._sender, self._clock())
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            use_tls=self._encryption == "tls",
            start_tls=self._encryption == "starttls",
            timeout=SEND_S,
        )
        try:
            await _deliver(client, self._sender, parcel.contact.address, mail)
        finally:
            client.close()
        return None

    async def fetch(self, key: str) -> bytes:
        """Refuse: no files come by mail."""
        raise ChannelRejected("email: no files")

    async def stop_receiving(self) -> None:
        """Do nothing: no mail is received."""

    async def close(self) -> None:
        """Hold nothing open."""


# ---------------------------------------------------------------- what is written


def compose(parcel: Parcel, sender: str, now: datetime) -> EmailMessage:
    """Write a message as a mail in plain text. The same parcel has the same Message-ID, so that a repetition is recognised."""
    message = parcel.message
    text = "\n\n".join(part for part in map(_block, message.blocks) if part)
    links = "\n".join(f"{option.label}: {option.url}" for option in message.options if option.url)
    mail = EmailMessage(POLICY)
    mail["From"], mail["To"] = sender, parcel.contact.address
    mail["Subject"] = " ".join((message.subject or text).split())[:MAX_SUBJECT]
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = _message_id(parcel, sender)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n\n".join(part for part in (text, links) if part) + "\n", cte="quoted-printable")
    mail["Content-Language"] = message.locale
    return mail


def _message_id(parcel: Parcel, sender: str) -> str:
    name = hashlib.sha256(f"{parcel.message_id}:{parcel.token}".encode()).hexdigest()[:32]
    return f"<{name}@{_bare(sender).rpartition('@')[2]}>"


def _bare(sender: str) -> str:
    """Return the address of a sender that may be written with a name: "Desk <desk@example.org>"."""
    return parseaddr(sender)[1]


def _block(block: Block) -> str:
    if isinstance(block, Listing):
        return "\n".join(f"- {_runs(item)}" for item in block.items)
    if isinstance(block, FactTable):
        return "\n".join(f"{label}: {_runs(runs)}" for label, runs in block.rows)
    return _runs(block.runs)


def _runs(runs: Runs) -> str:
    return "".join(run.text if not run.url or run.url == run.text else f"{run.text} <{run.url}>" for run in runs)


# ---------------------------------------------------------------- the conversation with the server


async def _deliver(client: aiosmtplib.SMTP, sender: str, to: str, mail: EmailMessage) -> None:
    end = asyncio.get_running_loop().time() + SEND_S
    try:
        async with asyncio.timeout_at(end):
            await client.connect()
            await client.mail(_bare(sender))
            await client.rcpt(to)
    except _FAULTS as error:
        raise _meaning(error, is_under_way=False) from None  # the foreign error may quote the address
    try:
        async with asyncio.timeout_at(end):
            await client.data(mail.as_bytes())
    except _FAULTS as error:
        raise _meaning(error, is_under_way=True) from None
    with contextlib.suppress(*_FAULTS):  # the mail is taken
        async with asyncio.timeout(LEAVE_S):
            await client.quit()


def _meaning(error: Exception, *, is_under_way: bool) -> ChannelError:
    """Say what a failure means: 4xx later again, 5xx never; without an answer nobody knows whether a text under way arrived."""
    if isinstance(error, SMTPRecipientRefused) and error.code in _NO_SUCH_BOX:
        return ContactBlocked(f"email: {error.code}")
    if isinstance(error, (SMTPSenderRefused, SMTPRecipientRefused, SMTPDataError)) and error.code >= 500:
        return ChannelRejected(f"email: {error.code}")
    if isinstance(
        error, SMTPResponseException
    ):  # "later", or about us and not about this mail: a login refused, a server that serves nobody
        return ChannelError(f"email: {error.code}", retryable=True, uncertain=False)
    return ChannelError(f"email: {type(error).__name__}", retryable=True, uncertain=is_under_way)

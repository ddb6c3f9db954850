"""A mail server on loopback, and what it was given."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Trouble = Literal["", "later", "no-box", "full", "data-later", "data-never", "cut-off", "silent"]


@dataclass
class MailServer:
    """`trouble` may change at any time. `mails`: (recipients, mail) in order; `logins`: who logged in; `secure`: was each encrypted."""

    port: int = 0
    trouble: Trouble = ""
    password: str = ""
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    secure: list[bool] = field(default_factory=list)

    async def handle_RCPT(  # the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusals = {"later": "451 4.7.1 greylisted", "no-box": "550 5.1.1 no such mailbox", "full": "552 5.2.2 mailbox full"}
        if self.trouble in refusals:
            return refusals[self.trouble]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        match self.trouble:
            case "data-later":
                return "452 4.3.1 no room"
            case "data-never":
                return "554 5.7.1 looks like spam"
            case "cut-off":
                assert server.transport is not None
                server.transport.abort()
                return "250 OK"
            case "silent":
                await asyncio.sleep(30)
        assert isinstance(envelope.content, bytes)
        self.mails.append((list(envelope.rcpt_tos), message_from_bytes(envelope.content, policy=default)))  # type: ignore[arg-type]
        self.secure.append(server.transport is not None and server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"

    def login(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        """Check a login as aiosmtpd asks for it."""
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        return AuthResult(success=data.password.decode() == self.password, handled=False)

    def to(self, address: str) -> list[EmailMessage]:
        """Return the mails of an address."""
        return [mail for recipients, mail in self.mails if address in recipients]


@contextlib.asynccontextmanager
async def mailing(
    *, password: str = "", tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None
) -> AsyncIterator[MailServer]:
    """Run the server for the length of the block; a `password` needs `starttls`."""
    server = MailServer(password=password)

    def session() -> SMTP:
        return SMTP(
            server,
            hostname="localhost",
            tls_context=starttls,
            authenticator=server.login if password else None,
            auth_required=bool(password),
            loop=asyncio.get_running_loop(),
        )

    listening = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await asyncio.sleep(0)  # connections that end say so

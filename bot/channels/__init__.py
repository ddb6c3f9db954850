"""What a channel is: one file that receives, renders and sends for one platform. One suite for all: tests/contracts/test_channel.py."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from starlette.routing import BaseRoute

from bot.cases import Attachment
from bot.model import ContactRef, Incoming, Message, StoredMessage

Flooding = Literal["none", "refuse", "keep"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the platform can show; the dialogue pages and the channel splits by these.

    `max_options`: buttons under one message (None: no limit). `max_text`: characters of one message (None: no limit).
    `shared_device`: people may reach this channel from a device that is not only theirs, so the first contact asks.
    `location`: contacts can share a place.
    `flooding`: what becomes of messages of somebody who writes too many: nobody can here ("none"), they are refused and come again by
    themselves ("refuse": a webhook, our own page), or they wait here, because a poll brings nothing a second time ("keep")."""

    max_options: int | None
    max_text: int | None
    shared_device: bool
    location: bool
    flooding: Flooding = "none"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message on its way: what a channel needs to send it.

    `message_id` grows per store; `token` names the buttons (`<token>:<index>`). `earlier`: the platform's ids of what a message
    with `edits` replaces or one with `withdraws` removes. `heard_at`: when the contact last wrote, where the channel has a window;
    `attempts` counts this one."""

    contact: ContactRef
    message_id: int
    token: str
    message: Message
    uncertain: bool
    earlier: tuple[str, ...] = ()
    heard_at: datetime | None = None
    attempts: int = 1


class Host(Protocol):
    """What the service offers its channels."""

    async def accept(self, incoming: Sequence[Incoming]) -> None:
        """Keep events; returns only when they are safe, so that the platform may be told. Raises Overloaded or StoreError."""

    async def history(self, contact: ContactRef, after: int = 0) -> Sequence[StoredMessage]:
        """Return the kept messages of a contact with an id above `after`, oldest first."""

    async def fetch(self, attachment: Attachment) -> bytes:
        """Return the content of a file, wherever it lies. Raises ChannelError, retryable or not."""

    async def keep_file(self, contact: ContactRef, content: bytes) -> str | None:
        """Keep a file for the case a contact talks in; returns its ref, or None where no person would see it. Raises StoreError."""

    async def topic(self, contact: ContactRef, number: int) -> int | None:
        """Return the topic of a case in a desk group."""

    async def set_topic(self, contact: ContactRef, number: int, topic_id: int | None) -> None:
        """Note the topic of a case in a desk group; None: it is gone, and the case must be told anew."""

    async def is_linked(self, contact: ContactRef) -> bool:
        """Tell whether a group is a desk's."""


class Lead(Protocol):
    """Which of several processes does what one alone may do, such as asking a platform for updates."""

    @property
    def leads(self) -> bool:
        """Tell whether this process does it."""

    async def changes(self, leads: bool) -> None:
        """Wait until `leads` is another than given."""


@runtime_checkable
class FollowsLead(Protocol):
    """A channel of which one process alone may receive."""

    def follow(self, lead: Lead) -> None:
        """Receive only while this process leads."""


class AlwaysLeads:
    """One process does everything."""

    leads = True

    async def changes(self, leads: bool) -> None:
        """Wait for a change that never comes."""
        if leads:
            await asyncio.get_running_loop().create_future()


class Channel(Protocol):
    """A platform. `name` is the channel of its ContactRefs."""

    name: str
    capabilities: Capabilities

    async def start(self, host: Host) -> None:
        """Make ready and begin to receive (start the poller, register the webhook ...). Returns soon."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return the web routes this channel answers, possibly none."""

    def split(self, message: Message) -> tuple[Message, ...]:
        """Cut a message into pieces that one platform call each can carry; options stay on the last. Pure."""

    async def send(self, parcel: Parcel) -> str | None:
        """Send one piece; returns the platform's id of it, where it has one.

        Raises ChannelThrottled, ChannelRejected, ContactBlocked, or ChannelError (retryable, uncertain)."""

    async def fetch(self, key: str) -> bytes:
        """Return the content of a file of this platform (Attachment.ref after the colon). Raises ChannelError."""

    async def stop_receiving(self) -> None:
        """Take in nothing new; what was taken is kept."""

    async def close(self) -> None:
        """Let go of connections, after the last send."""

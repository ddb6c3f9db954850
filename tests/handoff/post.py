"""A channel in memory: what every address was given, and by which message; it edits and takes back as a platform would."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence

from starlette.routing import BaseRoute

from bot.channels import Capabilities, Host, Parcel
from bot.errors import ChannelRejected
from bot.model import Block, FactTable, Listing, Message, Runs


def _runs(runs: Runs) -> str:
    return "".join(run.text for run in runs)


def _block(block: Block) -> str:
    if isinstance(block, Listing):
        return "\n".join(_runs(item) for item in block.items)
    if isinstance(block, FactTable):
        return "\n".join(f"{label}: {_runs(value)}" for label, value in block.rows)
    return _runs(block.runs)


def text_of(message: Message) -> str:
    """Return everything a message says, its author and the original words too."""
    parts = [message.author_name, *(_block(block) for block in message.blocks), message.original, message.subject]
    return "\n".join(part for part in parts if part)


class Post:
    """One platform. `given`: by address, every message ever shown; `topics`: what the topics of a group show."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.capabilities = Capabilities(max_options=None, max_text=None, shared_device=False, location=True)
        self.given: dict[str, list[Message]] = defaultdict(list)
        self.ids: dict[str, tuple[str, Message]] = {}
        self.tokens: dict[str, list[tuple[str, Message]]] = defaultdict(list)
        self.host: Host | None = None
        self._numbers = itertools.count(1)

    async def start(self, host: Host) -> None:
        self.host = host

    def routes(self) -> Sequence[BaseRoute]:
        return ()

    def split(self, message: Message) -> tuple[Message, ...]:
        return (message,)

    async def send(self, parcel: Parcel) -> str | None:
        for earlier in parcel.earlier:
            self.ids.pop(earlier, None)
        platform_id = f"{self.name}-{next(self._numbers)}"
        if not parcel.message.withdraws:
            self.ids[platform_id] = (parcel.contact.address, parcel.message)
        self.given[parcel.contact.address].append(parcel.message)
        self.tokens[parcel.contact.address].append((parcel.token, parcel.message))
        return platform_id

    async def fetch(self, key: str) -> bytes:
        raise ChannelRejected("no files here")

    async def stop_receiving(self) -> None: ...

    async def close(self) -> None: ...

    def shown(self, address: str) -> list[str]:
        """Return the texts an address was given, oldest first."""
        return [text_of(message) for message in self.given[address]]

    def last(self, address: str) -> Message:
        """Return what an address was given last."""
        return self.given[address][-1]

    def button(self, address: str, option_id: str) -> tuple[str, int] | None:
        """Return token and index of the newest button at an address whose id begins so."""
        for token, message in reversed(self.tokens[address]):
            for index, option in enumerate(message.options):
                if option.id.startswith(option_id):
                    return token, index
        return None

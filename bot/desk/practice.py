"""Where the simulated contacts of practice are: what is sent to them is read by nobody."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute

from bot.channels import Capabilities, Host, Parcel
from bot.errors import ChannelRejected
from bot.model import Message


class PracticeChannel:
    """Takes every message and keeps none: what the advisor wrote stands in the case."""

    name = "practice"
    capabilities = Capabilities(max_options=None, max_text=None, shared_device=False, location=False)

    async def start(self, host: Host) -> None:
        """Do nothing: nobody writes from here."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return no routes."""
        return ()

    def split(self, message: Message) -> tuple[Message, ...]:
        """Leave the message whole."""
        return (message,)

    async def send(self, parcel: Parcel) -> str | None:
        """Take the message."""
        return None

    async def fetch(self, key: str) -> bytes:
        """Refuse: no files are kept here."""
        raise ChannelRejected("practice: no files")

    async def stop_receiving(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Hold nothing open."""

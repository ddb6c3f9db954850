"""A strict Bot API server on loopback, for tests and measurements: the official client talks to it over HTTP as to the real one."""

from tests.botapi.faults import Faults
from tests.botapi.server import BotApi
from tests.botapi.world import BOT_ID, TOKEN, Sent

__all__ = ["BOT_ID", "TOKEN", "BotApi", "Faults", "Sent"]

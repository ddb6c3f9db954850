"""A bot whose web server breaks while it serves: whoever supervises it must hear of that.

python -m tests.operation.dying serve"""

from __future__ import annotations

import sys

from bot import app
from bot.cli import main


async def break_down(self: app._Server, counter: int) -> bool:
    """End as a server with a bug would, once it has answered for a moment."""
    if counter > 10:
        raise ValueError("a secret of somebody")
    return False


if __name__ == "__main__":
    app._Server.on_tick = break_down  # type: ignore[method-assign]
    sys.exit(main())

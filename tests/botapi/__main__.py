"""Serve until interrupted: python -m tests.botapi --port 8099 [--token 123:abc]."""

from __future__ import annotations

import argparse
import asyncio
import signal

from tests.botapi import TOKEN, BotApi


async def serve(port: int, token: str) -> None:
    """Serve on loopback and say where."""
    stopped = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stopped.set)
    async with BotApi(port=port, token=token) as api:
        print(f"ready {api.url} token {api.token}", flush=True)
        await stopped.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default=TOKEN)
    options = parser.parse_args()
    asyncio.run(serve(options.port, options.token))

"""Kills the living bot while a contact on Telegram and an advisor at the web desk talk with each other through it.

    python -m tests.chaos.relay [--seed N] [--kills 6]

The advisor's page sends a reply again under the same key until it is told that it is kept, as the real page does."""

from __future__ import annotations

import argparse
import http.cookiejar
import json
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.botapi import TOKEN
from tests.chaos.deployment import SQLITE, Books, Deployment, victims_of
from tests.chaos.harness import PASSING, REPEATS, STUCK_S, Api, settle, wait_until
from tests.running import ROOT, Bot, knowledge_of

CONTACT = 7001
STEPS = ("/start", "English", "Madrid", "/human", "Yes, with the last messages")
MARK = re.compile(r"mark-(?:in|out)-\d+")


@dataclass
class Relayed:
    """What a run showed: of each side's marks those that never arrived, came twice in the case, or out of order."""

    seed: int
    kills: int
    said: int
    lost: int = 0
    twice: int = 0
    out_of_order: int = 0
    doubled: int = 0
    unflagged: int = 0
    stuck: int = 0
    faults: dict[str, int] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        """Tell whether every promise was kept."""
        return not (self.lost or self.twice or self.out_of_order or self.unflagged or self.stuck)


class Page:
    """An advisor's browser: a cookie, the token against forged requests, and patience."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())).open
        self._csrf = ""

    def log_in(self, code: str) -> None:
        """Use an invite up."""
        self._call("/desk/join", {"code": code})
        self._csrf = str(self._call("/desk/api/me")["csrf"])

    def act(self, number: int, deed: dict[str, object]) -> dict[str, Any]:
        """Do something with a case, again and again under one key until it is known to be kept."""
        body = {"number": number, "key": uuid.uuid4().hex, "deed": deed}
        end = time.monotonic() + STUCK_S
        while True:
            try:
                return self._call("/desk/api/act", body)
            except (urllib.error.URLError, ConnectionError, TimeoutError, OSError) as error:
                if isinstance(error, urllib.error.HTTPError) and error.code < 500:
                    raise
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def case(self, number: int) -> dict[str, Any]:
        """Return a case with its lines."""
        return self._call(f"/desk/api/case/{number}")

    def _call(self, path: str, body: object = None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Origin": self._bot.url, "X-Desk-Csrf": self._csrf}
        data = None if body is None else json.dumps(body).encode()
        with self._open(urllib.request.Request(f"{self._bot.url}{path}", data, headers), timeout=10) as answer:
            told: dict[str, Any] = json.load(answer)
            return told


def invite(bot: Bot, settings: dict[str, str], module: str = "bot", extra: Mapping[str, str] = MappingProxyType({})) -> str:
    """Invite an advisor on the command line, while the server runs."""
    command = [sys.executable, "-m", module, "invite", "--role", "advisor", "--city", "madrid", "--name", "Lucia", "--json"]
    environment = {"PATH": "/usr/bin:/bin", "DRAGOMAN_DATA_DIR": str(bot.data), "DRAGOMAN_PORT": str(bot.port)}
    environment |= {f"DRAGOMAN_{name}": value for name, value in settings.items()} | dict(extra)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True, timeout=60)
    return str(json.loads(done.stdout)["code"])


class Run:
    """One contact, one advisor, many kills."""

    def __init__(self, folder: Path, deployment: Deployment, *, seed: int, kills: int, each: int) -> None:
        self._chance = random.Random(seed)
        self._api = Api(folder)
        settings = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": self._api.url, "LOG_LEVEL": "WARNING"}
        self._settings = {**deployment.settings(folder), **settings, "KNOWLEDGE_DIR": str(knowledge_of("madrid", folder))}
        self._bots, _ = victims_of(deployment, folder, {}, **self._settings)
        self._page = Page(self._bots[0])
        self._books = Books(deployment, folder)
        self._each = each
        self.outcome = Relayed(seed, kills, 2 * each)

    def execute(self) -> Relayed:
        """Run to the end and judge."""
        self._api.process.start()
        try:
            for bot in self._bots:
                bot.start(40)
            self._page.log_in(invite(self._bots[0], self._settings))
            self._greet()
            self._page.act(1, {"type": "claim"})
            faults = {
                "seed": self.outcome.seed,
                "shares": PASSING,
                "repeats": REPEATS,
                "retry_after": 1,
                "long_retry_after": 3,
                "hang_s": 10,
            }
            self._api.act("faults", faults)
            talking = [threading.Thread(target=side, daemon=True) for side in (self._contact, self._advisor)]
            for side in talking:
                side.start()
            for _ in range(self.outcome.kills):
                time.sleep(self._chance.uniform(0.3, 1.0))
                bot = self._chance.choice(self._bots)
                bot.kill()
                bot.start(40)
            for side in talking:
                side.join()
            self.outcome.stuck = settle(self._left)
            self._judge()
        finally:
            self._api.process.stop()
            for bot in self._bots:
                bot.stop()
        return self.outcome

    def _greet(self) -> None:
        for text in STEPS:
            self._api.act("say", {"user": CONTACT, "text": text, "language": "en"})
            self._quiet()

    def _quiet(self) -> None:
        time.sleep(0.3)
        wait_until(lambda: not self._left(), 20, "the bot does not answer")

    def _left(self) -> int:
        return self._api.pending + self._books.waiting()

    def _contact(self) -> None:
        for number in range(self._each):
            self._api.act("say", {"user": CONTACT, "text": f"mark-in-{number}"})
            time.sleep(0.12)

    def _advisor(self) -> None:
        for number in range(self._each):
            self._page.act(1, {"type": "reply", "text": f"mark-out-{number}"})
            time.sleep(0.12)

    def _judge(self) -> None:
        lines = self._page.case(1)["lines"]
        texts = ["".join(run["text"] for block in line["blocks"] for run in block.get("runs", ())) for line in lines]
        in_case = [mark for text in texts for mark in MARK.findall(text)]
        sent = [mark for message in self._messages() for mark in MARK.findall(str(message["text"]))]
        self._compare("in", [mark for mark in in_case if "-in-" in mark], repeats=False)
        self._compare("out", [mark for mark in in_case if "-out-" in mark], repeats=False)
        self._compare("out", sent, repeats=True)
        self.outcome.faults = {str(k): int(v) for k, v in dict(self._api.tell("figures")["faults"]).items()}  # type: ignore[call-overload]

    def _messages(self) -> list[dict[str, object]]:
        found = self._api.tell("all").get(str(CONTACT), [])
        return list(found) if isinstance(found, list) else []

    def _compare(self, side: str, got: list[str], *, repeats: bool) -> None:
        """Hold what arrived against what was said. The platform may show a reply twice; then it must be flagged."""
        wanted = [f"mark-{side}-{number}" for number in range(self._each)]
        firsts = list(dict.fromkeys(got))
        self.outcome.lost += len(set(wanted) - set(firsts))
        self.outcome.out_of_order += sum(a != b for a, b in zip(firsts, wanted, strict=False))
        doubled = sum(got.count(mark) > 1 for mark in firsts)
        if repeats:
            self.outcome.doubled += doubled
            self.outcome.unflagged += max(0, doubled - len(self._books.uncertain()))
        else:
            self.outcome.twice += doubled


def run(*, seed: int, kills: int = 6, each: int = 40, deployment: Deployment = SQLITE) -> Relayed:
    """Run once in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return Run(Path(folder), deployment, seed=seed, kills=kills, each=each).execute()


def main() -> None:
    """Run once and print what happened."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--kills", type=int, default=6)
    options = parser.parse_args()
    print(run(seed=options.seed, kills=options.kills))


if __name__ == "__main__":
    main()

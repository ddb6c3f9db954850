"""Kills the living bot again and again while people write to it, and counts what that cost.

People are simulated at the loopback Bot API server, with repeated updates and failing calls. Each writes the titles of entries in an order
of their own and without waiting, so that every reply can be told apart and its place is known.

    python -m tests.chaos.harness [--seed N] [--kills 15] [--module bot]"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sqlite3
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from bot import app
from bot.config import Settings
from tests.botapi import TOKEN
from tests.running import Bot, Process, free_port

FAULTS = {"throttle": 0.03, "bad_gateway": 0.03, "drop_after": 0.03, "reset_before": 0.01}
REPEATS = 0.05
FIRST_USER = 5000
STUCK_S = 40.0  # longer than a lease and the longest retry of a short run
GREETING = ("/start", "español", "madrid")


@dataclass
class Outcome:
    """What a run showed. Lost, twice and out_of_order must be 0; `unflagged` are doubled replies the bot does not know of."""

    seed: int
    kills: int
    updates: int
    lost: int = 0
    twice: int = 0
    out_of_order: int = 0
    doubled: int = 0
    flagged: int = 0
    unflagged: int = 0
    stuck: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        """Tell whether every promise was kept."""
        return not (self.lost or self.twice or self.out_of_order or self.unflagged or self.stuck)


class Api:
    """The Bot API server in its own process, steered over HTTP."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = Process(["-m", "tests.botapi", "--port", str(port)], f"{self.url}/control/figures", {}, folder / "botapi.log")

    def act(self, action: str, body: object) -> None:
        """Let people act."""
        request = urllib.request.Request(f"{self.url}/control/{action}", json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10):
            pass

    def tell(self, what: str) -> dict[str, object]:
        """Ask what happened."""
        with urllib.request.urlopen(f"{self.url}/control/{what}", timeout=10) as answer:
            told: dict[str, object] = json.load(answer)
            return told


class Ledger(threading.Thread):
    """Notes which row of the database each button token stands for, since the history is short."""

    def __init__(self, database: Path) -> None:
        super().__init__(daemon=True)
        self._database, self._ended = database, threading.Event()
        self.rows: dict[str, int] = {}

    def run(self) -> None:
        """Look twice a second."""
        while not self._ended.wait(0.5):
            self.note()

    def note(self) -> None:
        """Look once."""
        with contextlib.suppress(sqlite3.Error), contextlib.closing(self._open()) as database:
            self.rows |= dict(database.execute("SELECT token, id FROM messages WHERE direction = 'out'"))

    def uncertain(self) -> set[int]:
        """Return the rows flagged as perhaps sent twice."""
        with contextlib.closing(self._open()) as database:
            return {row for (row,) in database.execute("SELECT message_id FROM outbox WHERE uncertain = 1")}

    def waiting(self) -> int:
        """Return how many events are not handled and how many messages are not sent."""
        with contextlib.closing(self._open()) as database:
            (events,) = database.execute("SELECT count(*) FROM inbox WHERE status = 'new'").fetchone()
            (messages,) = database.execute("SELECT count(*) FROM outbox WHERE status IN ('waiting', 'sending')").fetchone()
            return int(events) + int(messages)

    def turns(self) -> int:
        """Return how many turns all conversations have taken."""
        with contextlib.closing(self._open()) as database:
            (total,) = database.execute("SELECT sum(version) FROM conversations").fetchone()
            return int(total)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=5)

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()
        self.join()


def telling_titles() -> list[str]:
    """Return titles of Madrid's entries that, written as a question, are answered with that very entry."""
    brain = app.load_brain(Settings())
    entries = brain.knowledge.cities["madrid"].entries.values()
    titles = []
    for entry in entries:
        title = entry.words["es"].title
        understood = brain.matcher.understand(title, "madrid", "es")
        if understood.outcome == "answer" and understood.matches[0].entry_id == entry.id and understood.language in ("es", None):
            titles.append(title)
    return titles


class Run:
    """One bot, one Bot API server, some people, many kills."""

    def __init__(self, folder: Path, *, seed: int, kills: int, people: int, each: int, rate: float, module: str) -> None:
        self._chance = random.Random(seed)
        self._api = Api(folder)
        settings = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": self._api.url, "LOG_LEVEL": "WARNING"}
        self._bot = Bot(folder / "data", module=module, **settings)
        titles = telling_titles()
        self._wanted = {FIRST_USER + n: [self._chance.choice(titles) for _ in range(each)] for n in range(people)}
        self._rate, self._titles = rate, set(titles)
        self._ledger = Ledger(folder / "data" / "dragoman.db")
        self.outcome = Outcome(seed, kills, people * (each + len(GREETING)))

    def execute(self) -> Outcome:
        """Run to the end and judge."""
        begin = time.monotonic()
        self._api.process.start()
        try:
            self._bot.start()
            self._ledger.start()
            self._greet()
            self._api.act("faults", {"seed": self.outcome.seed, "shares": FAULTS, "repeats": REPEATS, "retry_after": 1})
            talking = threading.Thread(target=self._talk, daemon=True)
            talking.start()
            self._kill(talking)
            talking.join()
            self._settle()
            self._judge()
        finally:
            self._ledger.end()
            self._bot.stop()
            self._api.process.stop()
        self.outcome.seconds = time.monotonic() - begin
        return self.outcome

    def _greet(self) -> None:
        self._api.act("say", [{"user": user, "text": text, "language": "es"} for user in self._wanted for text in GREETING])
        self._wait(lambda: not self._api.tell("figures")["pending"], 30)

    def _talk(self) -> None:
        """Say everything, people mixed, at a steady rate."""
        order = [user for user, titles in self._wanted.items() for _ in titles]
        self._chance.shuffle(order)
        said = dict.fromkeys(self._wanted, 0)
        for user in order:
            self._api.act("say", {"user": user, "text": self._wanted[user][said[user]]})
            said[user] += 1
            time.sleep(1 / self._rate)

    def _kill(self, talking: threading.Thread) -> None:
        """Kill and start again; only a bot that serves is worth killing."""
        for _ in range(self.outcome.kills):
            time.sleep(self._chance.uniform(0.3, 1.2))
            if not self._bot.serves():
                raise RuntimeError("the victim was not serving when hit")
            self._bot.kill()
            self._bot.start()
        if not talking.is_alive():
            print("note: people had finished before the last kill", flush=True)

    def _settle(self) -> None:
        """Wait until nothing is left at the platform, in the inbox and in the outbox, or nothing moves any more."""
        left, moved = -1, time.monotonic()
        while left and time.monotonic() - moved < STUCK_S:
            now = int(str(self._api.tell("figures")["pending"])) + self._ledger.waiting()
            if now != left:
                left, moved = now, time.monotonic()
            time.sleep(0.25)
        self.outcome.stuck = left

    def _judge(self) -> None:
        self._ledger.note()
        uncertain = self._ledger.uncertain()
        outcome, everything = self.outcome, self._api.tell("all")
        for user, wanted in self._wanted.items():
            replies = self._replies(everything.get(str(user), []))
            firsts = list(dict.fromkeys(token for token, _ in replies))
            titles = dict(replies)
            got = [titles[token] for token in firsts]
            outcome.lost += max(0, len(wanted) - len(got))
            outcome.twice += max(0, len(got) - len(wanted))
            outcome.out_of_order += sum(a != b for a, b in zip(got, wanted, strict=False))
            for token in firsts:
                if sum(token == other for other, _ in replies) > 1:
                    outcome.doubled += 1
                    outcome.unflagged += self._ledger.rows.get(token) not in uncertain
        outcome.flagged = len(uncertain)
        outcome.twice += max(0, self._ledger.turns() - outcome.updates)
        outcome.faults = {str(k): int(v) for k, v in dict(self._api.tell("figures")["faults"]).items()}  # type: ignore[call-overload]

    def _replies(self, messages: object) -> list[tuple[str, str]]:
        """Return token and title of every answer a person got, in order."""
        replies = []
        for message in messages if isinstance(messages, list) else []:
            title = str(message["text"]).partition("\n")[0].strip()
            if title in self._titles and message["buttons"]:
                tokens = [button.get("callback_data", "") for row in message["buttons"] for button in row]
                replies.append((next(token for token in tokens if token).partition(":")[0], title))
        return replies

    @staticmethod
    def _wait(done: object, timeout_s: float) -> None:
        end = time.monotonic() + timeout_s
        while not done():  # type: ignore[operator]
            if time.monotonic() > end:
                raise TimeoutError("the bot does not answer")
            time.sleep(0.1)


def run(*, seed: int, kills: int = 15, people: int = 20, each: int = 30, rate: float = 14.0, module: str = "bot") -> Outcome:
    """Run once in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return Run(Path(folder), seed=seed, kills=kills, people=people, each=each, rate=rate, module=module).execute()


def main() -> None:
    """Run once and print what happened."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--kills", type=int, default=15)
    parser.add_argument("--module", default="bot")
    options = parser.parse_args()
    print(run(seed=options.seed, kills=options.kills, module=options.module))


if __name__ == "__main__":
    main()

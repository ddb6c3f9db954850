"""Kills the living bot again and again while people write to it, and counts what that cost.

People are simulated at the loopback Bot API server, with repeated updates and failing calls. Each writes the titles of entries in an order
of their own and without waiting, so that every reply can be told apart and its place is known.

    python -m tests.chaos.harness [--seed N] [--kills 30] [--mutant NAME]

What is said, to whom, which calls fail and when is killed follow from the seed; how the processes interleave does not."""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from bot import app
from bot.config import Settings
from tests.botapi import TOKEN
from tests.chaos.deployment import DEPLOYMENTS, SQLITE, Books, Deployment, victims_of
from tests.running import Bot, Process, free_port, knowledge_of

# Over 10 % of the calls in thirteen ways; a name that is not found is the victim's own, see victim.py.
FAULTS = {
    "throttle": 0.015,
    "long_throttle": 0.004,
    "bad_request": 0.006,
    "unparseable": 0.01,
    "forbidden": 0.004,
    "bad_gateway": 0.015,
    "server_error": 0.008,
    "reset_before": 0.01,
    "drop_after": 0.015,
    "hang": 0.003,
    "half_body": 0.008,
    "bad_json": 0.008,
    "odd_json": 0.006,
}
PASSING = {name: share for name, share in FAULTS.items() if name not in ("bad_request", "forbidden")}  # what patience cures
QUICK = {name: share for name, share in FAULTS.items() if name not in ("hang", "long_throttle")}  # what does not take ten seconds
DNS = 0.3  # of the look-ups, which are few
REPEATS = 0.06
FIRST_USER = 5000
STUCK_S = 40.0  # longer than a lease and the longest retry of a short run
GREETING = ("/start", "español", "madrid")


@dataclass
class Outcome:
    """What a run showed. Lost, twice, out_of_order, unflagged and stuck must be 0.

    `given_up`: replies the platform refused for good, each known to the bot; `unflagged`: doubled replies the bot does not know of;
    `too_early`: calls to a chat before the time it had named. `waits_s`: from each text to its answer; `exits_s`, `restarts_s`: what it
    took to end and to be there again."""

    seed: int
    kills: int
    updates: int
    lost: int = 0
    twice: int = 0
    out_of_order: int = 0
    given_up: int = 0
    doubled: int = 0
    flagged: int = 0
    unflagged: int = 0
    stuck: int = 0
    repeats: int = 0
    too_early: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    seconds: float = 0.0
    waits_s: list[float] = field(default_factory=list, repr=False)
    answered_at: list[float] = field(default_factory=list, repr=False)
    exits_s: list[float] = field(default_factory=list, repr=False)
    restarts_s: list[float] = field(default_factory=list, repr=False)

    @property
    def is_clean(self) -> bool:
        """Tell whether every promise was kept."""
        return not (self.lost or self.twice or self.out_of_order or self.unflagged or self.stuck)


class Api:
    """The Bot API server in its own process, steered over HTTP."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = Process(["-m", "tests.botapi", "--port", str(self.port)], f"{self.url}/control/figures", {}, folder / "botapi.log")

    def act(self, action: str, body: object) -> None:
        """Let people act."""
        request = urllib.request.Request(f"{self.url}/control/{action}", json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60):
            pass

    def tell(self, what: str) -> dict[str, object]:
        """Ask what happened."""
        with urllib.request.urlopen(f"{self.url}/control/{what}", timeout=60) as answer:
            told: dict[str, object] = json.load(answer)
            return told

    @property
    def pending(self) -> int:
        """Return how many updates are not acknowledged."""
        return int(str(self.tell("figures")["pending"]))


class Ledger(threading.Thread):
    """Keeps noting in the books while a run goes on."""

    def __init__(self, books: Books) -> None:
        super().__init__(daemon=True)
        self._books, self._ended = books, threading.Event()

    def run(self) -> None:
        """Look twice a second; a database that is not to be had at the moment is looked at the next time."""
        while not self._ended.wait(0.5):
            with contextlib.suppress(Exception):
                self._books.note()

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()
        if self.is_alive():
            self.join()


def telling_titles(knowledge: Path) -> list[str]:
    """Return titles of Madrid's entries that, written as a question, are answered with that very entry."""
    brain = app.load_brain(Settings(knowledge_dir=knowledge))
    titles = []
    for entry in brain.knowledge.cities["madrid"].entries.values():
        title = entry.words["es"].title
        understood = brain.matcher.understand(title, "madrid", "es")
        if understood.outcome == "answer" and understood.matches[0].entry_id == entry.id and understood.language in ("es", None):
            titles.append(title)
    return titles


def wait_until(done: Callable[[], object], timeout_s: float, what: str) -> None:
    """Wait for something; raises TimeoutError."""
    end = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.05)


def settle(left: Callable[[], int], stuck_s: float = STUCK_S) -> int:
    """Wait until nothing is left at the platform, in the inbox and in the outbox, or nothing moves any more; returns what is left."""
    last, moved = -1, time.monotonic()
    while last and time.monotonic() - moved < stuck_s:
        now = left()
        if now != last:
            last, moved = now, time.monotonic()
        time.sleep(0.25)
    return last


@dataclass(frozen=True)
class Plan:
    """How a run goes: `people` write `each` so many texts, `rate` a second in all; between two kills go `pause_s` seconds.

    `politely`: the bot is told to end, not killed. `latency_s`: what a call of the Bot API takes. `backlog`: everything is said before
    the bot is there."""

    seed: int
    kills: int
    people: int = 60
    each: int = 35
    rate: float = 24.0
    pause_s: tuple[float, float] = (0.2, 1.2)
    mode: str = "polling"
    mutant: str = ""
    shares: Mapping[str, float] = field(default_factory=lambda: FAULTS)
    politely: bool = False
    latency_s: float = 0.0
    backlog: bool = False


class Run:
    """Some bots on one store, one Bot API server, some people, many kills."""

    def __init__(self, folder: Path, plan: Plan, deployment: Deployment) -> None:
        self._plan, self._chance = plan, random.Random(plan.seed)
        self._api = Api(folder)
        knowledge = knowledge_of("madrid", folder)
        settings = {
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_API_URL": f"http://localhost:{self._api.port}",
            "KNOWLEDGE_DIR": str(knowledge),
            "LOG_LEVEL": "WARNING",
        }
        if plan.mode == "webhook":
            settings |= {"TELEGRAM_MODE": "webhook", "PUBLIC_URL": "http://127.0.0.1:1"}
        torment = {"SEED": str(plan.seed), "MUTANT": plan.mutant, "DNS": str(DNS if plan.shares else 0)}
        self._bots, self._control = victims_of(deployment, folder, torment, **settings)
        titles = telling_titles(knowledge)
        self._wanted = {FIRST_USER + n: self._texts(titles, plan.each) for n in range(plan.people)}
        self._titles = set(titles)
        self._books = Books(deployment, folder)
        self._ledger = Ledger(self._books)
        self._killed = 0
        self._said_at: dict[int, list[float]] = {user: [] for user in self._wanted}
        self.outcome = Outcome(plan.seed, plan.kills, plan.people * (plan.each + len(GREETING)))

    def _texts(self, titles: Sequence[str], each: int) -> list[str]:
        """Return titles in an order of one person's own, none twice in a row."""
        texts: list[str] = []
        while len(texts) < each:
            texts += self._chance.sample(titles, len(titles))
        return texts[:each]

    def execute(self) -> Outcome:
        """Run to the end and judge."""
        begin = time.monotonic()
        self._api.process.start()
        try:
            for bot in self._bots:
                bot.start(40)
            if self._plan.mode == "webhook":
                self._api.act("spread", {"ports": [bot.port for bot in self._bots]})
            self._ledger.start()
            self._greet()
            if self._plan.shares:
                faults = {"seed": self._plan.seed, "shares": dict(self._plan.shares), "repeats": REPEATS, "retry_after": 1, "hang_s": 12}
                self._api.act("faults", faults)
            self._api.act("slow", {"seconds": self._plan.latency_s})
            if self._plan.backlog:
                self._pile_up()
            else:
                talking = threading.Thread(target=self._talk, daemon=True)
                talking.start()
                self._kill(talking)
                talking.join()
            self.outcome.stuck = settle(lambda: self._api.pending + self._books.waiting())
            self._judge()
        finally:
            self._ledger.end()
            self._api.process.stop()
            for bot in self._bots:
                bot.stop()
        self.outcome.seconds = time.monotonic() - begin
        return self.outcome

    def _greet(self) -> None:
        self._api.act("say", [{"user": user, "text": text, "language": "es"} for user in self._wanted for text in GREETING])
        wait_until(lambda: not self._api.pending and not self._books.waiting(), 60, "the bot does not greet")

    def _talk(self) -> None:
        """Say everything, people mixed, at a steady rate."""
        order = [user for user, titles in self._wanted.items() for _ in titles]
        self._chance.shuffle(order)
        said = dict.fromkeys(self._wanted, 0)
        begin = time.monotonic()
        for number, user in enumerate(order):
            if not self._may_say(number, len(order)):
                paused = time.monotonic()
                wait_until(partial(self._may_say, number, len(order)), 120, "nobody is killed any more")
                begin += time.monotonic() - paused
            self._said_at[user].append(time.time())
            self._api.act("say", {"user": user, "text": self._wanted[user][said[user]]})
            said[user] += 1
            time.sleep(max(0.0, begin + (number + 1) / self._plan.rate - time.monotonic()))

    def _may_say(self, said: int, total: int) -> bool:
        """Tell whether people have not yet said their share up to the next kill: every kill is to hit a bot with work to do."""
        return self._killed >= self._plan.kills or said < total * (self._killed + 1) / (self._plan.kills + 1)

    def _kill(self, talking: threading.Thread) -> None:
        """Kill and start again; only a bot that serves is worth killing."""
        for number in range(self._plan.kills):
            time.sleep(self._chance.uniform(*self._plan.pause_s))
            bot: Bot = self._chance.choice(self._bots)
            wait_until(bot.serves, 20, "the victim does not serve, so killing it shows nothing")
            if not talking.is_alive():
                raise RuntimeError(f"people had finished before kill {number + 1}")
            begin = time.monotonic()
            bot.stop() if self._plan.politely else bot.kill()
            self.outcome.exits_s.append(time.monotonic() - begin)
            self._killed += 1
            self.outcome.restarts_s.append(bot.start(40))

    def _pile_up(self) -> None:
        """Say everything while nobody is there, and start."""
        for bot in self._bots:
            bot.stop()
        self._plan = replace(self._plan, rate=1000.0)
        self._talk()
        for bot in self._bots:
            self.outcome.restarts_s.append(bot.start(40))

    # ------------------------------------------------------------ judging

    def _judge(self) -> None:
        self._books.note()
        figures, outcome = self._api.tell("figures"), self.outcome
        uncertain, dead, everything = self._books.uncertain(), self._books.dead(), self._api.tell("all")
        refused = {int(user) for user in dict(figures["refused"])}  # type: ignore[call-overload]
        missing = 0
        for user, wanted in self._wanted.items():
            replies = self._replies(everything.get(str(user), []))
            firsts = {token: (title, at) for token, title, at in reversed(replies)}
            got = [firsts[token][0] for token in dict.fromkeys(token for token, _, _ in replies)]
            found, misplaced = _held_against(wanted, got)
            outcome.out_of_order += misplaced
            outcome.twice += max(0, len(got) - len(wanted))
            absent = len(wanted) - len(found)
            if user in refused:
                missing += absent
            else:
                outcome.lost += absent
                firsts_at = [firsts[token][1] for token in dict.fromkeys(token for token, _, _ in replies)]
                outcome.answered_at += firsts_at
                outcome.waits_s += [at - said for at, said in zip(firsts_at, self._said_at[user], strict=False)]
            self._count_doubles([token for token, _, _ in replies], uncertain)
        outcome.given_up = missing
        outcome.lost += max(0, missing - sum(dead.values()))
        outcome.flagged = len(uncertain)
        outcome.twice += max(0, self._books.turns() - outcome.updates)
        outcome.faults = {str(k): int(v) for k, v in dict(figures["faults"]).items()}  # type: ignore[call-overload]
        outcome.faults["dns"] = self._control["dns_failures"]
        outcome.calls = sum(n for name, n in dict(figures["calls"]).items() if name.startswith("send"))  # type: ignore[call-overload]
        outcome.repeats, outcome.too_early = int(str(figures["repeats"])), int(str(figures["too_early"]))

    def _count_doubles(self, tokens: Sequence[str], uncertain: set[int]) -> None:
        for token in set(tokens):
            if tokens.count(token) > 1:
                self.outcome.doubled += 1
                self.outcome.unflagged += self._books.rows.get(token, (0, ""))[0] not in uncertain

    def _replies(self, messages: object) -> list[tuple[str, str, float]]:
        """Return token, title and time of every answer a person got, in order."""
        replies = []
        for message in messages if isinstance(messages, list) else []:
            title = str(message["text"]).partition("\n")[0].strip()
            if title in self._titles and message["buttons"]:
                tokens = [button.get("callback_data", "") for row in message["buttons"] for button in row]
                replies.append((next(token for token in tokens if token).partition(":")[0], title, float(message["at"])))
        return replies


def _held_against(wanted: Sequence[str], got: Iterable[str]) -> tuple[list[str], int]:
    """Return what arrived in the order it was asked for, and how much came out of its order."""
    found, misplaced, at = [], 0, 0
    for title in got:
        try:
            at = wanted.index(title, at) + 1
            found.append(title)
        except ValueError:
            misplaced += 1
    return found, misplaced


def run(plan: Plan, deployment: Deployment = SQLITE) -> Outcome:
    """Run once in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return Run(Path(folder), plan, deployment).execute()


def main() -> None:
    """Run once and print what happened."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--mode", choices=("polling", "webhook"), default="polling")
    parser.add_argument("--mutant", default="")
    parser.add_argument("--deployment", choices=[each.name for each in DEPLOYMENTS], default=SQLITE.name)
    options = parser.parse_args()
    deployment = next(each for each in DEPLOYMENTS if each.name == options.deployment)
    print(run(Plan(options.seed, options.kills, mode=options.mode, mutant=options.mutant), deployment))


if __name__ == "__main__":
    main()

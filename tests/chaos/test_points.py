"""Dying at any named point of the code leaves the same end as not dying there, except that what may have come twice is flagged.

Every point belongs to a story, a part of a contact's life. One contact lives through it undisturbed; for each point another one does, and
the bot dies in the midst of it and is started again. Then both must have seen, and be stored as, the same."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot import app
from bot.config import Settings
from bot.model import ContactRef
from bot.store import Store
from tests.botapi import TOKEN
from tests.chaos.deployment import DYING, Books, Deployment, victims_of
from tests.chaos.harness import Api, wait_until
from tests.chaos.points import POINTS, Point
from tests.chaos.relay import Page, invite
from tests.handoff.post import text_of
from tests.running import knowledge_of

SEED = int(os.environ.get("CHAOS_SEED", "20261128"))
DAY_S = 86_400
OFTEN = 3  # calls of a point in the story "ask" of which one is drawn
QUESTION = "how do I register my address"
ALWAYS = {  # those of every `make test`; the others are for `make chaos`
    "keys are safe, their data are not",
    "all is written and no commit sent",
    "the platform has a message, nobody noted it",
    "an advisor's deed is committed and nobody told",
}


@dataclass
class Tale:
    """What became of a contact: what they saw, and what is stored. Numbers in texts do not count: cases have different ones."""

    seen: list[str]
    state: tuple[object, ...] = ()
    history: list[str] = field(default_factory=list)
    cases: list[object] = field(default_factory=list)


class Place:
    """One deployment, its Bot API server and an advisor, all of it standing up again whenever it falls."""

    def __init__(self, folder: Path, deployment: Deployment) -> None:
        self.folder, self.deployment = folder, deployment
        self.api = Api(folder)
        self.knowledge = knowledge_of("madrid", folder)
        self.settings = {
            **deployment.settings(folder),
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_API_URL": self.api.url,
            "LOG_LEVEL": "WARNING",
            "KNOWLEDGE_DIR": str(self.knowledge),
        }
        self.bots, self.control = victims_of(deployment, folder, {"POINTS": "1", "CLOCK": "1"}, **self.settings)
        self.books = Books(deployment, folder)
        self.page = Page(self.bots[0])
        self.users = iter(range(8001, 9000))
        self.words = self.knowledge / "madrid" / "en" / "egov.yaml"
        self.original = self.words.read_text(encoding="utf-8")
        self.deaths = self.edition = 0
        self.tales: dict[str, Tale] = {}

    def __enter__(self) -> Place:
        self.api.process.start()
        for bot in self.bots:
            bot.start(40)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.api.process.stop()
        for bot in self.bots:
            bot.stop()

    def revive(self) -> None:
        """Start again whoever has died, also those who die at the start."""
        for bot in self.bots:
            while not bot.is_alive:
                self.deaths += 1
                try:
                    bot.start(40)
                except RuntimeError:
                    if not self.deaths or self.control["point"]:
                        raise

    def has_lost_more_than(self, deaths: int) -> bool:
        """Tell whether somebody has died since there were so many deaths."""
        self.revive()
        return self.deaths > deaths

    def arm(self, point: Point, calls: int) -> None:
        """Choose where to die next."""
        self.control["calls"], self.control["point"] = calls, POINTS.index(point) + 1

    def quiet(self) -> None:
        """Wait until nothing is left to be done, whoever dies meanwhile."""

        def is_quiet() -> bool:
            self.revive()
            return not self.api.pending and not self.books.waiting()

        wait_until(is_quiet, 40, "the bot does not answer")

    def say(self, user: int, *texts: str) -> None:
        """Let a contact write, and see each answered."""
        for text in texts:
            self.api.act("say", {"user": user, "text": text, "language": "en"})
            self.quiet()

    def act(self, number: int, deed: dict[str, object]) -> None:
        """Let the advisor do something, whose page tries again under the same key."""
        failed: list[BaseException] = []

        def doing() -> None:
            try:
                self.page.act(number, deed)
            except BaseException as error:  # is raised in the test's own thread
                failed.append(error)

        acting = threading.Thread(target=doing, daemon=True)
        acting.start()
        while acting.is_alive():
            self.revive()
            acting.join(0.05)
        if failed:
            raise failed[0]
        self.quiet()

    def uncertain(self) -> int:
        """Return how many messages were ever flagged as perhaps sent twice."""
        ((count,),) = self.books.all("SELECT coalesce(sum(n), 0) FROM totals WHERE name = 'outbox_uncertain'")
        return int(count)

    def seen_by(self, user: int) -> list[str]:
        """Return what a contact was sent."""
        return [str(message["text"]) for message in self.api.tell(f"sent?user={user}")]  # type: ignore[index]

    def tale_of(self, user: int) -> Tale:
        """Return what became of a contact."""
        settings = {name.lower(): value for name, value in self.settings.items()}
        known = Settings(_env_file=None, data_dir=self.deployment.data(self.folder, 0), **settings)  # type: ignore[arg-type,call-arg]
        tale = Tale(_without_repeats(self.seen_by(user)))

        async def read() -> None:
            async with app.opened_store(known, app.secret_of(known), exclusive=False) as store:
                await _read_tale(store, user, tale)

        asyncio.run(read())
        return tale


async def _read_tale(store: Store, user: int, tale: Tale) -> None:
    contact_id = await store.find(ContactRef("telegram", str(user)))
    snapshot = await store.read(contact_id) if contact_id else None
    if contact_id is None or snapshot is None:
        return
    known = snapshot.conversation
    tale.state = (known.owner, known.state, known.locale, known.city, known.version, len(snapshot.waiting))
    tale.history = [_plain(text_of(said.message)) for said in await store.history(contact_id)]
    for case in known.cases:
        lines = [
            (line.author, line.event, _plain(text_of(line.message)) if line.message else "") for line in await store.desk.lines(case.number)
        ]
        tale.cases.append((case.kind, case.state, case.outcome, lines))


def _plain(text: str) -> str:
    return re.sub(r"\d+", "#", text)


def _without_repeats(texts: list[str]) -> list[str]:
    plain = [_plain(text) for text in texts]
    return [text for text, before in zip(plain, [None, *plain], strict=False) if text != before]


# ---------------------------------------------------------------- stories


def ask(place: Place, user: int) -> None:
    """Begin, ask, press a button."""
    place.say(user, "/start", "English", "Madrid", QUESTION)
    place.api.act("press", {"user": user, "choice": 0})
    place.quiet()


def retry(place: Place, user: int) -> None:
    """Be answered although the platform fails at first."""
    place.say(user, "/start", "English", "Madrid")
    place.api.act("fail_next", {"method": "sendMessage", "kinds": ["bad_gateway"]})
    place.say(user, QUESTION)


def refused(place: Place, user: int) -> None:
    """Miss one answer that the platform refuses for good, and get the next."""
    place.say(user, "/start", "English", "Madrid")
    place.api.act("fail_next", {"method": "sendMessage", "kinds": ["bad_request"] * 2})
    place.say(user, "thank you")
    place.api.act("faults", {})
    place.say(user, QUESTION)


def case(place: Place, user: int) -> None:
    """Talk with an advisor and end it."""
    place.page.log_in(
        invite(place.bots[0], place.settings, "tests.chaos.victim", {"CHAOS_CONTROL": str(place.control.path), "CHAOS_CLOCK": "1"})
    )
    place.say(user, "/start", "English", "Madrid", "/human", "Yes, with the last messages")
    ((number,),) = place.books.all("SELECT max(number) FROM cases")  # PostgreSQL leaves out those of transactions that came to nothing
    place.act(number, {"type": "claim"})
    place.act(number, {"type": "reply", "text": "Good morning, what is it about?"})
    place.say(user, "It is about my papers")
    place.act(number, {"type": "reply", "text": "Then come to the office."})
    place.say(user, "/end")


def erase(place: Place, user: int) -> None:
    """Ask, and be forgotten."""
    place.say(user, "/start", "English", "Madrid", QUESTION, "/delete")
    wait_until(lambda: is_empty(place, "contacts WHERE erase_at IS NOT NULL"), 40, "nobody is forgotten")


def sweep(place: Place, user: int) -> None:
    """Be away for two days, and then for longer than cases are kept."""
    case(place, user)
    for days, table in ((2, "messages"), (40, "cases")):
        for bot in place.bots:
            bot.stop()
        place.control["offset_s"] += days * DAY_S
        start_whoever_dies(place)
        place.quiet()
        wait_until(lambda table=table: is_empty(place, table), 40, f"{table} are not swept")  # type: ignore[misc]


def is_empty(place: Place, table: str) -> bool:
    """Tell whether nothing is left in a table, whoever dies meanwhile."""
    place.revive()
    return place.books.all(f"SELECT count(*) FROM {table}") == [(0,)]


def start(place: Place, user: int) -> None:
    """Be answered by a bot that starts with a message waiting for it."""
    place.say(user, "/start", "English", "Madrid")
    place.bots[0].stop()
    place.api.act("say", {"user": user, "text": QUESTION})
    start_whoever_dies(place)
    place.quiet()


def start_whoever_dies(place: Place) -> None:
    """Start the bots, of which one may die while it starts."""
    for bot in place.bots:
        try:
            bot.start(40)
        except RuntimeError:
            place.revive()


def reload(place: Place, user: int) -> None:
    """Ask when the knowledge has changed, and get the new words."""
    place.say(user, "/start", "English", "Madrid")
    place.edition += 1
    place.words.write_text(place.original.replace(TITLE, f"{TITLE}, edition {place.edition}"), encoding="utf-8")
    wait_until(lambda: shows(place, f"edition {place.edition}"), 150, "the change is not taken up")
    place.say(user, TITLE)
    assert f"{TITLE}, edition {place.edition}" in place.seen_by(user)[-1]


PAGE = "/poster/madrid/egov/fnmt-certificate?lang=en"
TITLE = "FNMT digital certificate, step by step"


def shows(place: Place, words: str) -> bool:
    """Tell whether a page shows the new words, whoever dies meanwhile."""
    place.revive()
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{place.bots[0].url}{PAGE}", timeout=10) as answer:
        return words in answer.read().decode()
    return False


STORIES: dict[str, Callable[[Place, int], None]] = {
    each.__name__: each for each in (ask, retry, refused, case, erase, sweep, start, reload)
}


# ---------------------------------------------------------------- the test


@pytest.fixture(scope="module", params=DYING, ids=lambda deployment: deployment.name)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as folder, Place(Path(folder), request.param) as made:
        yield made


def undisturbed(place: Place, story: str) -> Tale:
    """Return what becomes of a contact who lives through a story without a crash."""
    if story not in place.tales:
        user = next(place.users)
        STORIES[story](place, user)
        place.tales[story] = place.tale_of(user)
    return place.tales[story]


@pytest.mark.chaos
@pytest.mark.parametrize(
    "point", [pytest.param(each, id=each.name, marks=() if each.name in ALWAYS else pytest.mark.long) for each in POINTS]
)
def test_dying_there_changes_nothing(place: Place, point: Point) -> None:
    if point.engine not in ("", place.deployment.engine):
        pytest.skip(f"not to be had on {place.deployment.engine}")
    wanted = undisturbed(place, point.story)
    user, deaths, flagged = next(place.users), place.deaths, place.uncertain()
    calls = random.Random(f"{SEED}/{point.name}").randint(1, OFTEN) if point.is_frequent else 1
    print(f"seed {SEED}: dies at call {calls}")
    place.arm(point, calls)
    STORIES[point.story](place, user)
    wait_until(lambda: place.has_lost_more_than(deaths), 10, "it never came to the point where it should have died")
    place.quiet()
    assert place.deaths == deaths + 1
    assert place.tale_of(user) == wanted
    seen = place.seen_by(user)
    assert len(seen) - len(_without_repeats(seen)) <= place.uncertain() - flagged, "sent twice without a flag"

"""The page with what people asked in vain: who sees which groups, and what an admin makes of them."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest_asyncio

from bot.app import Thinker, grower
from bot.cases import Profile
from bot.errors import KnowledgeError
from bot.knowledge.load import load_knowledge
from bot.model import ContactRef, Incoming, KeepQuestion, TextReceived
from bot.store import Decision
from tests.channels.desk_server import DeskTown, Seat, desk_town
from tests.running import ROOT
from tests.whole import brain

LICENCE = (
    "exchange my driving licence",
    "how can i exchange a driving licence from Syria",
    "my name is [name], i want to exchange my driving licence",
    "driving licence exchange appointment",
    "where do i get my driving licence exchanged",
)
DOG = ("how do i register a dog", "register my dog")
FAR = ("dove registro il cane",)
ADMIN, LEAD = Profile("Root", "admin", "madrid"), Profile("Elsa", "lead", "madrid")


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskTown]:
    async with desk_town(tmp_path) as running:
        store = running.town.store
        (contact_id,) = await store.accept(
            [Incoming(ContactRef("telegram", "700"), "1", TextReceived(text="hello", at=running.town.clock()))]
        )
        tapped = [KeepQuestion("madrid", "en", text, "none") for text in (*LICENCE, *DOG)]
        tapped += [KeepQuestion("florence", "it", text, "not-helpful", "egov.codice-fiscale") for text in FAR]
        await store.handle(contact_id, lambda snapshot, find_button: Decision(snapshot.conversation, (), casework=tuple(tapped)))
        yield running


async def shown(seat: Seat) -> list[set[str]]:
    return [set(gap["texts"]) for gap in (await seat.get("/desk/api/gaps"))[1]["gaps"]]


async def ids(seat: Seat, place: int = 0) -> list[int]:
    found: list[int] = (await seat.get("/desk/api/gaps"))[1]["gaps"][place]["ids"]
    return found


async def test_small_groups_are_for_the_admins_of_the_city(desk: DeskTown) -> None:
    async with desk.seat(ADMIN) as admin, desk.seat(LEAD) as lead, desk.seat(Profile("Ana", "advisor", "madrid")) as ana:
        assert await shown(admin) == [set(LICENCE), set(DOG)]
        assert await shown(lead) == [set(LICENCE)]
        assert (await ana.get("/desk/api/gaps"))[0] == 403
        code, body = await admin.get("/desk/api/gaps")
        assert (code, body["may_change"]) == (200, True)
        first = body["gaps"][0]
        assert (first["number"], first["count"], first["city"]["slug"], first["language"]["tag"]) == (1, 5, "madrid", "en")
        assert {"egov.nie"} <= {entry["id"] for entry in body["entries"]["madrid"]}
        code, body = await lead.get("/desk/api/gaps")
        assert (code, body["may_change"], body["entries"]) == (200, False, {})
    async with desk.seat(Profile("Far", "admin", "florence")) as far, desk.seat(Profile("All", "admin", "")) as everywhere:
        assert await shown(far) == [set(FAR)]
        assert await shown(everywhere) == [set(FAR), set(LICENCE), set(DOG)]


async def test_only_the_admin_of_the_city_changes_anything(desk: DeskTown) -> None:
    async with desk.seat(ADMIN) as admin, desk.seat(LEAD) as lead, desk.seat(Profile("Far", "admin", "florence")) as far:
        dog = await ids(admin, 1)
        for path, more in (("/desk/api/gaps/dismiss", {}), ("/desk/api/gaps/add", {"entry_id": "egov.nie"})):
            body = {"ids": dog, **more}
            assert (await lead.send(path, body))[0] == 403
            assert (await far.send(path, body))[0] == 404
            assert (await admin.send(path, {"ids": [*dog, *await ids(far)], **more}))[0] == 404
            assert (await admin.send(path, {"ids": [], **more}))[0] == 422
            async with admin.post(path, body, X_Desk_Csrf="0" * 64) as answer:
                assert answer.status == 403
        assert len(await shown(admin)) == 2
        assert await admin.send("/desk/api/gaps/dismiss", {"ids": dog}) == (200, {"ok": True, "count": 2})
        assert await shown(admin) == [set(LICENCE)]
        assert (await admin.send("/desk/api/gaps/dismiss", {"ids": dog}))[0] == 404
        audit = (await admin.get("/desk/api/audit"))[1]["audit"]
        assert ("gap-dismissed", "madrid 2") in [(line["deed"], line["detail"]) for line in audit]


async def test_a_group_is_added_to_an_answer(desk: DeskTown, tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(ROOT / "knowledge" / "madrid", folder / "madrid")
    for file in ("topics.yaml", "safety.yaml", "smalltalk.yaml"):
        shutil.copy(ROOT / "knowledge" / file, folder / file)
    desk.town.desk._gaps._grow = grower(folder, Thinker(brain(), None, [], require_checked=False))  # type: ignore[arg-type]
    async with desk.seat(ADMIN) as admin:
        licence = await ids(admin)
        assert (await admin.send("/desk/api/gaps/add", {"ids": licence, "entry_id": "egov.nowhere"}))[1]["error"] == "not-written"
        code, body = await admin.send("/desk/api/gaps/add", {"ids": licence, "entry_id": "egov.nie"})
        assert (code, body["count"]) == (200, 4)
        assert await shown(admin) == [set(DOG)]
    questions = load_knowledge(folder).cities["madrid"].entries["egov.nie"].words["en"].questions
    assert set(questions[-4:]) == {text for text in LICENCE if "[name]" not in text}


async def test_where_files_cannot_be_written_the_group_stays(desk: DeskTown) -> None:
    async def refuse(city: str, locale: str, texts: Sequence[str], entry_id: str) -> int:
        raise KnowledgeError("cannot be written")

    async with desk.seat(ADMIN) as admin:
        for grow in (None, refuse):
            desk.town.desk._gaps._grow = grow
            code, body = await admin.send("/desk/api/gaps/add", {"ids": await ids(admin), "entry_id": "egov.nie"})
            assert (code, body) == (409, {"error": "not-written"})
        assert len(await shown(admin)) == 2

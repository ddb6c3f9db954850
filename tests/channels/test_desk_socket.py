"""The live connection of a desk page: the board and its changes, open cases, and its end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.cases import Profile
from bot.channels.desk import socket
from tests.channels.desk_server import SCRIPT, DeskTown, Json, Seat, Wire, desk_town, text_in, texts_in

ANA = Profile("Ana", "advisor", "madrid")
BERTA = Profile("Berta", "advisor", "madrid", topics=("housing",))
ELSA = Profile("Elsa", "lead", "madrid")


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskTown]:
    async with desk_town(tmp_path) as running:
        yield running


async def fresh(seat: Seat) -> tuple[dict[int, Json], Json]:
    """Return the board as a page that opens now is sent it."""
    async with seat.socket() as wire:
        await wire.next("board")
        return wire.cases, wire.order


async def lines(wire: Wire, number: int, after: int = 0) -> Json:
    """Open a case on a page; returns its first frame."""
    await wire.send(type="open", number=number, after=after)
    return await wire.next("lines")


# ---------------------------------------------------------------- the board


async def test_a_page_is_greeted_and_sent_the_board_once(desk: DeskTown) -> None:
    first, second = await desk.ask("700", "one"), await desk.ask("701", "two", priority="high")
    async with desk.seat(ANA) as seat, seat.socket() as wire:
        hello = await wire.next()
        assert (hello["type"], hello["me"]["name"], hello["csrf"]) == ("hello", "Ana", seat.csrf)
        board = await wire.next()
        assert board["type"] == "board"
        assert board["order"]["waiting"] == [second, first]
        assert board["order"]["places"] == [1, 2]
        assert {case["number"] for case in board["cases"]} == {first, second}
        assert await wire.still() == []


async def test_a_row_says_what_a_list_shows_and_not_what_was_said(desk: DeskTown) -> None:
    number = await desk.ask("700", "my landlord", facts=(("letter", "yes"),), priority="high")
    async with desk.seat(ANA) as seat, seat.socket() as wire:
        await wire.next("board")
        row = wire.cases[number]
    assert row["language"] == {"tag": "ar", "name": "العربية", "reader_name": "Arabic", "dir": "rtl"}
    assert row["topic"] == {"slug": "housing", "name": row["topic"]["name"]}
    assert row["city"] == {"slug": "madrid", "name": "Madrid"}
    assert (row["state"], row["priority"], row["waits"], row["mine"], row["practice"]) == ("waiting", "high", True, False, False)
    assert row["can"] == {"claim": True, "answer": False, "lead": False, "reopen": False}
    assert row["offered"] is True
    assert len(row["pseudonym"].split()) == 2
    assert "landlord" not in str(row)
    assert "700" not in str(row)


async def test_changes_come_within_a_second_and_nothing_else(desk: DeskTown) -> None:
    first, second = await desk.ask("700", "one"), await desk.ask("701", "two")
    async with desk.seat(ANA) as ana, desk.seat(ELSA) as elsa, ana.socket() as wire, elsa.socket() as lead:
        await wire.next("board")
        await lead.next("board")
        assert (await ana.act(first, type="claim"))[0] == 200
        mine = await wire.next(timeout_s=1)
        theirs = await lead.next(timeout_s=1)
        for frame in (mine, theirs):
            assert frame["type"] == "cases"
            assert [case["number"] for case in frame["changed"]] == [first]
            assert frame["gone"] == []
            assert frame["order"]["waiting"] == [second]
        assert mine["order"]["mine"] == [first]
        assert theirs["order"]["others"] == [first]
        assert mine["changed"][0]["can"]["answer"] is True
        assert theirs["changed"][0]["can"] == {"claim": False, "answer": False, "lead": True, "reopen": False}
        third = await desk.ask("702", "three")
        frame = await wire.next(timeout_s=1)
        assert [case["number"] for case in frame["changed"]] == [third]


async def test_what_one_may_no_longer_see_goes(desk: DeskTown) -> None:
    number = await desk.ask("700", "one")
    async with desk.seat(ANA) as ana, desk.seat(BERTA) as berta, berta.socket() as wire:
        await wire.next("board")
        await lines(wire, number)
        assert (await ana.act(number, type="claim"))[0] == 200
        frames = [await wire.next(timeout_s=2), await wire.next(timeout_s=2)]
        assert {"type": "gone", "number": number} in frames
        assert [frame["gone"] for frame in frames if frame["type"] == "cases"] == [[number]]
        assert wire.cases == {}


async def test_changes_applied_give_the_board_a_new_page_gets(desk: DeskTown) -> None:
    """Thirty deeds of a random day, by three people who look on, each with their own rights."""
    chance = random.Random(7)
    seats: list[Seat]
    async with desk.seat(ANA) as ana, desk.seat(BERTA, lang="ar") as berta, desk.seat(ELSA, lang="es") as elsa:
        seats = [ana, berta, elsa]
        async with ana.socket() as one, berta.socket() as two, elsa.socket() as three:
            wires = (one, two, three)
            for wire in wires:
                await wire.next("board")
            numbers: list[int] = []
            for turn in range(30):
                await a_deed(desk, chance, turn, seats, numbers)
                desk.town.clock.turn(minutes=chance.choice([0, 1, 7]))
                if turn % 5 == 4:
                    for seat, wire in zip(seats, wires, strict=True):
                        await catches_up(seat, wire)


async def catches_up(seat: Seat, wire: Wire) -> None:
    """Wait until a page that was sent changes alone shows what a page that opens now is sent."""
    for _ in range(10):
        await wire.still(0.4)
        whole = await fresh(seat)
        if (wire.cases, wire.order) == whole:
            return
    assert (wire.cases, wire.order) == whole


async def a_deed(desk: DeskTown, chance: random.Random, turn: int, seats: list[Seat], numbers: list[int]) -> None:
    """Do something that may well be refused."""
    if turn < 4 or chance.random() < 0.25:
        numbers.append(
            await desk.ask(f"8{turn:02}", "x", topic=chance.choice(["housing", "education"]), priority=chance.choice(["ordinary", "high"]))
        )
        return
    seat, number = chance.choice(seats), chance.choice(numbers)
    deeds: list[dict[str, object]] = [
        {"type": "claim"},
        {"type": "reply", "text": "hello"},
        {"type": "note", "text": "note"},
        {"type": "pass", "reason": "x", "topic": "education"},
        {"type": "close", "outcome": "solved"},
        {"type": "reopen"},
    ]
    status, _body = await seat.act(number, **chance.choice(deeds))
    assert status < 500
    await desk.noticed()


# ---------------------------------------------------------------- open cases


async def test_an_open_case_shows_its_lines_and_every_change(desk: DeskTown) -> None:
    await desk.town.settle_in("700")
    number = await desk.ask("700", "my landlord", "wants us out", locale="en")
    async with desk.seat(ANA) as seat, seat.socket() as wire:
        await wire.next("board")
        frame = await lines(wire, number)
        assert frame["case"]["number"] == number
        assert [text for text in texts_in(frame["lines"]) if "landlord" in text or "out" in text] == ["my landlord", "wants us out"]
        assert {line["author"] for line in frame["lines"]} >= {"contact", "system"}
        assert all(line["event_text"] for line in frame["lines"] if line["author"] == "system")
        _status, _body = await seat.act(number, type="claim")
        claimed = await wire.next("lines")
        assert (claimed["case"]["state"], claimed["case"]["mine"]) == ("claimed", True)
        status, done = await seat.act(number, type="reply", text="I can help")
        assert status == 200
        reply = (await wire.next("lines"))["lines"]
        assert [(line["id"], text_in(line), line["author"], line["author_name"], line["mine"]) for line in reply] == [
            (done["line"], "I can help", "person", "Ana", True)
        ]
        await desk.write("700", "thank you")
        heard = (await wire.next("lines"))["lines"]
        assert [(text_in(line), line["author"]) for line in heard] == [("thank you", "contact")]
        assert heard[0]["author_name"] == wire.cases[number]["pseudonym"]


async def test_edits_and_withdrawals_come_by_the_same_line(desk: DeskTown) -> None:
    await desk.town.settle_in("700")
    number = await desk.ask("700", "hello", locale="en")
    async with desk.seat(ANA) as seat, seat.socket() as wire:
        await seat.act(number, type="claim")
        _status, done = await seat.act(number, type="reply", text="Come at nien")
        await wire.next("board")
        await lines(wire, number)
        status, _body = await seat.act(number, type="correct", line=done["line"], text="Come at nine")
        assert status == 200
        edited = (await wire.next("lines"))["lines"]
        assert [(line["id"], text_in(line), line["edited"]) for line in edited] == [(done["line"], "Come at nine", True)]
        desk.town.clock.turn(minutes=1)
        assert (await seat.act(number, type="withdraw", line=done["line"]))[0] == 200
        gone = (await wire.next("lines"))["lines"]
        assert [(line["id"], line["blocks"], line["withdrawn"]) for line in gone] == [(done["line"], [], True)]
        assert "nine" not in str(gone)


async def test_a_page_that_knows_a_case_is_sent_what_is_new(desk: DeskTown) -> None:
    number = await desk.ask("700", "one", "two")
    async with desk.seat(ANA) as seat, seat.socket() as wire:
        await wire.next("board")
        known = max(line["id"] for line in (await lines(wire, number))["lines"])
        assert (await lines(wire, number, known))["lines"] == []
        await wire.send(type="close", number=number)
        await wire.until_pong()
        await seat.act(number, type="claim")
        assert not [frame for frame in await wire.still() if frame["type"] == "lines"]
        assert (await lines(wire, number, known))["lines"][0]["id"] > known


async def test_several_cases_stand_side_by_side_up_to_a_limit(desk: DeskTown) -> None:
    numbers = [await desk.ask(f"7{index:02}", f"text {index}") for index in range(socket.PANES + 1)]
    async with desk.seat(ANA) as seat, seat.socket() as wire:
        await wire.next("board")
        for index, number in enumerate(numbers[:-1]):
            frame = await lines(wire, number)
            assert frame["number"] == number
            assert f"text {index}" in texts_in(frame["lines"])
        await wire.send(type="open", number=numbers[-1])
        assert await wire.next() == {"type": "error", "error": "too-many", "number": numbers[-1]}
        await wire.send(type="close", number=numbers[0])
        assert (await lines(wire, numbers[-1]))["number"] == numbers[-1]


async def test_an_erased_contact_goes_from_board_and_pane(desk: DeskTown) -> None:
    await desk.town.settle_in("700")
    number = await desk.ask("700", "one", locale="en")
    async with desk.seat(ANA) as seat, seat.socket() as wire:
        await wire.next("board")
        await lines(wire, number)
        await desk.write("700", "/delete")
        await desk.town.press("700", "erase")
        await desk.noticed()
        frames = await wire.still(1.5)
        assert {"type": "gone", "number": number} in frames
        assert wire.cases == {}


async def test_a_script_comes_as_the_text_it_is(desk: DeskTown) -> None:
    number = await desk.ask("700", SCRIPT, facts=(("letter", SCRIPT),), locale="en")
    async with desk.seat(Profile(SCRIPT, "advisor", "madrid")) as seat, seat.socket() as wire:
        board = await wire.next("board")
        assert "script" not in str(board)
        frame = await lines(wire, number)
        assert SCRIPT in texts_in(frame["lines"])
        assert [run for line in frame["lines"] if text_in(line) == SCRIPT for block in line["blocks"] for run in block["runs"]] == [
            {"text": SCRIPT}
        ]
        await seat.act(number, type="claim")
        _status, done = await seat.act(number, type="note", text=SCRIPT)
        note = next(
            line for line in (await wire.next("lines"))["lines"] + (await wire.next("lines"))["lines"] if line["id"] == done["line"]
        )
        assert (text_in(note), note["author"], note["author_name"]) == (SCRIPT, "note", SCRIPT)
        async with seat.raw(f"/desk/api/case/{number}") as answer:
            assert answer.headers["Content-Type"] == "application/json"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


# ---------------------------------------------------------------- what a page says


async def test_frames_that_are_none_are_refused_and_the_page_stays(desk: DeskTown) -> None:
    async with desk.seat(ANA) as seat, seat.socket() as wire:
        await wire.next("board")
        for raw in ("", "[]", '{"type":"claim"}', '{"type":"open"}', "x" * 10_000, '{"type":"open","number":1e400}', b"\xff\x00"):
            await wire.connection.send(raw)
            assert await wire.next() == {"type": "error", "error": "malformed"}
        await wire.send(type="open", number=999)
        assert await wire.next() == {"type": "gone", "number": 999}
        assert await wire.until_pong() == []


async def test_a_ping_is_a_sign_of_life(desk: DeskTown) -> None:
    async with desk.seat(ANA) as seat, seat.socket() as wire:
        await wire.next("board")
        desk.town.clock.turn(minutes=3)
        await wire.until_pong()
        staff = await desk.town.store.desk.staff_member(seat.id)
        assert staff is not None
        assert staff.seen_at == desk.town.clock.now


async def test_every_page_speaks_its_own_language(desk: DeskTown) -> None:
    number = await desk.ask("700", "one", locale="es")
    async with desk.seat(ANA, lang="es") as seat, seat.socket() as wire:
        await wire.next("board")
        assert wire.cases[number]["language"]["reader_name"].casefold() == "español"
        seat.lang = "en"
        async with seat.socket() as other:
            await other.next("board")
            assert other.cases[number]["language"] == {"tag": "es", "name": "Español", "reader_name": "Spanish", "dir": "ltr"}


# ---------------------------------------------------------------- the end


async def test_a_login_that_ended_elsewhere_closes_the_page(desk: DeskTown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "CHECK_S", 0.05)
    async with desk.seat(ANA) as seat, seat.socket() as wire:
        await wire.next("board")
        await desk.town.store.desk.remove_staff(seat.id)  # by an admin command beside the server
        assert await wire.closed() == 4401


async def test_a_page_nobody_touches_ends_its_login(desk: DeskTown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "CHECK_S", 0.05)
    async with desk.seat(ANA) as seat, seat.socket() as wire:
        await wire.next("board")
        for _ in range(3):
            desk.town.clock.turn(hours=11)
            await wire.send(type="ping", active=True)
            await wire.next("pong")
            await asyncio.sleep(0.15)
        assert (await seat.get("/desk/api/me"))[0] == 200
        for _ in range(3):
            desk.town.clock.turn(hours=5)
            await wire.send(type="ping")
            await asyncio.sleep(0.15)
        assert await wire.closed() == 4401
        assert (await seat.get("/desk/api/me"))[0] == 401


async def test_what_one_is_changes_on_open_pages(desk: DeskTown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "CHECK_S", 0.05)
    async with desk.seat(ANA) as seat, seat.socket() as wire:
        await wire.next("board")
        assert (await seat.send("/desk/api/duty", {"is_available": False}))[0] == 200
        assert (await wire.next("me"))["me"]["is_available"] is False


async def test_the_ninth_page_of_a_login_closes_the_first(desk: DeskTown) -> None:
    async with desk.seat(ANA) as seat, seat.socket() as first:
        await first.next("board")
        wires = [seat.socket() for _ in range(8)]
        for manager in wires:
            await (await manager.__aenter__()).next("board")
        assert await first.closed() == 4409
        for manager in wires:
            await manager.__aexit__(None, None, None)


async def test_a_database_that_refuses_asks_the_page_to_come_back(desk: DeskTown) -> None:
    async with desk.seat(ANA) as seat, seat.socket() as wire:
        await wire.next("board")
        await desk.town.store.close()
        await wire.send(type="open", number=1)
        assert await wire.closed() == 1013
        async with seat.raw("/desk/api/me") as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "3")
        async with seat.socket() as again:
            assert await again.closed() == 1013
        async with seat.raw("/desk") as page:
            assert page.status == 503

"""What a page of the desk asks and does over HTTP, with the real service behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cases import Profile
from tests.channels.desk_server import DeskTown, Seat, desk_town, text_in, texts_in
from tests.channels.test_desk_rights import DEEDS, routes

ANA = Profile("Ana", "advisor", "madrid")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
MB = 1024 * 1024


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskTown]:
    async with desk_town(tmp_path) as running:
        yield running


@pytest_asyncio.fixture
async def seat(desk: DeskTown) -> AsyncIterator[Seat]:
    async with desk.seat(ANA) as opened:
        yield opened


@pytest_asyncio.fixture
async def number(desk: DeskTown, seat: Seat) -> int:
    """Return a case that Ana has."""
    await desk.town.settle_in("700")
    opened = await desk.ask("700", "my landlord wants us out", locale="en", entry_id="housing.eviction")
    assert (await seat.act(opened, type="claim"))[0] == 200
    return opened


def given_to_contact(desk: DeskTown) -> list[str]:
    return desk.town.posts["telegram"].shown("700")


# ---------------------------------------------------------------- deeds


async def test_a_reply_reaches_exactly_its_contact(desk: DeskTown, seat: Seat, number: int) -> None:
    await desk.town.settle_in("701")
    await desk.ask("701", "another", locale="en")
    status, body = await seat.act(number, type="reply", text="I can help you")
    assert (status, body["ok"], body["repeated"]) == (200, True, False)
    assert body["case"]["waits"] is False
    assert any("I can help you" in text for text in given_to_contact(desk))
    assert not any("I can help you" in text for text in desk.town.posts["telegram"].shown("701"))


async def test_a_request_sent_again_is_done_once(desk: DeskTown, seat: Seat, number: int) -> None:
    first = await seat.act(number, "again", type="reply", text="only once")
    second = await seat.act(number, "again", type="reply", text="only once")
    assert (first[1]["line"], second[1]["repeated"]) == (second[1]["line"], True)
    assert sum("only once" in text for text in given_to_contact(desk)) == 1


async def test_a_pass_sent_again_is_still_done(desk: DeskTown, seat: Seat) -> None:
    opened = await desk.ask("705", "school", topic="education")
    async with desk.seat(Profile("Carla", "advisor", "madrid", topics=("education",))) as carla:
        await carla.act(opened, type="claim")
        first = await carla.act(opened, "again", type="pass", reason="housing", topic="housing")
        second = await carla.act(opened, "again", type="pass", reason="housing", topic="housing")
        assert (first[0], second[0], second[1]["repeated"]) == (200, 200, True)
        assert (await carla.get(f"/desk/api/case/{opened}"))[0] == 404


async def test_a_case_goes_nowhere_that_is_not_there(desk: DeskTown, seat: Seat, number: int) -> None:
    for aim in ({"topic": "cooking"}, {"organisation": "evil"}):
        found = await seat.act(number, type="pass", reason="x", **aim)
        assert found == (422, {"error": "unknown", "field": next(iter(aim))})
    status, body = await seat.act(number, type="pass", reason="x", staff="f" * 32)
    assert (status, body) == (403, {"error": "not-allowed"})
    status, body = await seat.act(number, type="pass", reason="they know more", organisation="provivienda")
    assert (status, body["case"]["passing_to"], body["case"]["state"]) == (200, {"slug": "provivienda", "name": "Provivienda"}, "claimed")


async def test_a_note_stays_in_the_house(desk: DeskTown, seat: Seat, number: int) -> None:
    assert (await seat.act(number, type="note", text="between us"))[0] == 200
    assert not any("between us" in text for text in given_to_contact(desk))
    _status, body = await seat.get(f"/desk/api/case/{number}")
    assert [(line["author"], line["author_name"]) for line in body["lines"] if text_in(line) == "between us"] == [("note", "Ana")]
    note = next(line for line in body["lines"] if line["author"] == "note")
    assert (note["locale"], note["dir"]) == ("en", "auto")


async def test_a_case_is_closed_and_taken_up_again(seat: Seat, number: int) -> None:
    status, body = await seat.act(number, type="close", outcome="solved")
    assert (status, body["case"]["state"], body["case"]["outcome"]) == (200, "closed", "solved")
    assert body["case"]["can"] == {"claim": False, "answer": False, "lead": False, "reopen": True}
    status, body = await seat.act(number, type="reply", text="late")
    assert (status, body["error"]) in [(409, "closed"), (403, "not-allowed")]
    status, body = await seat.act(number, type="reopen")
    assert (status, body["case"]["state"]) == (200, "claimed")


async def test_a_case_tells_what_a_reader_needs(desk: DeskTown, seat: Seat, number: int) -> None:
    _status, body = await seat.get(f"/desk/api/case/{number}")
    case = body["case"]
    assert case["entry"]["id"] == "housing.eviction"
    assert case["entry"]["title"]
    assert (case["advisor_name"], case["mine"], case["can"]["answer"]) == ("Ana", True, True)
    last = max(line["id"] for line in body["lines"])
    assert (await seat.get(f"/desk/api/case/{number}?after={last}"))[1]["lines"] == []
    assert "700" not in json.dumps(
        {**body, "lines": [{**line, "id": 0, "number": 0, "attachment": None} for line in body["lines"]]}
    ).replace(str(number), "")


async def test_a_place_goes_along(desk: DeskTown, seat: Seat, number: int) -> None:
    assert (await seat.act(number, type="reply", text="here", place=[40.4, -3.7]))[0] == 200
    assert (desk.town.posts["telegram"].last("700").venues[0].latitude) == 40.4


# ---------------------------------------------------------------- ready answers, places


async def test_answers_are_found_in_the_advisors_language_and_sent_in_the_contacts(desk: DeskTown, seat: Seat) -> None:
    await desk.town.settle_in("702", "ar")
    number = await desk.ask("702", "مرحبا", locale="ar")
    await seat.act(number, type="claim")
    status, body = await seat.get(f"/desk/api/answers?case={number}&q=eviction&lang=en")
    assert status == 200
    answer = next(answer for answer in body["answers"] if "evict" in answer["title"].casefold())
    assert (answer["mine"]["locale"], answer["theirs"]["locale"], answer["theirs"]["dir"]) == ("en", "ar", "rtl")
    assert answer["mine"]["blocks"]
    assert (await seat.act(number, type="entry", entry_id=answer["entry_id"]))[0] == 200
    assert desk.town.posts["telegram"].last("702").locale == "ar"
    nearest = (await seat.get(f"/desk/api/answers?case={number}"))[1]["answers"]
    assert isinstance(nearest, list)
    assert (await seat.get(f"/desk/api/answers?case={number}&q={'%00' * 50}{'x' * 5000}"))[0] == 200


async def test_places_are_open_now(seat: Seat, number: int) -> None:
    status, body = await seat.get(f"/desk/api/places?case={number}")
    assert status == 200
    assert len(body["places"]) <= 5
    assert all(place.keys() == {"name", "note"} for place in body["places"])


# ---------------------------------------------------------------- files


async def test_a_file_goes_to_the_contact_and_comes_back_as_it_was(desk: DeskTown, seat: Seat, number: int) -> None:
    status, kept = await seat.upload(number, PNG, "image/png", "../../letter%E2%80%AE.exe")
    assert status == 200
    assert (kept["kind"], kept["media_type"], kept["size"]) == ("photo", "image/png", len(PNG))
    assert kept["name"].endswith(".png")
    assert not set("/\\\u202e") & set(kept["name"])
    status, body = await seat.act(number, type="reply", text="see", file=kept["file"])
    assert status == 200
    sent = desk.town.posts["telegram"].last("700").attachment
    assert sent is not None
    assert await desk.town.service.fetch(sent) == PNG
    _status, case = await seat.get(f"/desk/api/case/{number}")
    line = next(line for line in case["lines"] if line["id"] == body["line"])
    assert line["attachment"]["url"] == f"/desk/api/file/{number}/{body['line']}"
    async with seat.raw(line["attachment"]["url"]) as answer:
        assert await answer.read() == PNG
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Content-Disposition"].startswith("inline")
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_document_is_saved_and_not_shown(seat: Seat, number: int) -> None:
    _status, kept = await seat.upload(number, b"%PDF-1.7 <script>", "application/pdf", "form")
    _status, body = await seat.act(number, type="reply", file=kept["file"])
    async with seat.raw(f"/desk/api/file/{number}/{body['line']}") as answer:
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''form.pdf"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "image/svg+xml"),
        (b"<html>", "image/png"),
        (PNG, "text/html"),
        (b"", "image/png"),
    ],
)
async def test_files_of_other_kinds_are_refused(seat: Seat, number: int, content: bytes, media_type: str) -> None:
    assert await seat.upload(number, content, media_type) == (415, {"error": "type"})


async def test_files_too_large_are_refused_with_the_reason(seat: Seat, number: int) -> None:
    for extra in (10 * MB, 30 * MB):
        assert await seat.upload(number, PNG + bytes(extra), "image/png") == (413, {"error": "too-large", "most": 10 * MB})
    status, kept = await seat.upload(number, PNG + bytes(10 * MB - len(PNG)), "image/png")
    assert (status, kept["size"]) == (200, 10 * MB)


async def test_bodies_too_large_are_refused(seat: Seat) -> None:
    for size in (65 * 1024, 3 * MB):
        assert await seat.send("/desk/api/duty", b'"' + b"x" * size + b'"') == (413, {"error": "too-large", "most": 65536})


async def test_a_file_is_sent_where_it_was_uploaded_and_by_whom(desk: DeskTown, seat: Seat, number: int) -> None:
    other = await desk.ask("703", "another")
    await seat.act(other, type="claim")
    _status, kept = await seat.upload(number, PNG, "image/png")
    assert await seat.act(other, type="reply", file=kept["file"]) == (422, {"error": "malformed"})
    for forged in ("", "x", kept["file"][:-1] + ("0" if kept["file"][-1] != "0" else "1"), "é"):
        assert await seat.act(number, type="reply", file=forged) == (422, {"error": "malformed"})


async def test_a_file_that_is_not_there(seat: Seat, number: int) -> None:
    _status, body = await seat.get(f"/desk/api/case/{number}")
    for line in (body["lines"][0]["id"], 10**6):
        assert await seat.get(f"/desk/api/file/{number}/{line}") == (404, {"error": "gone"})


async def test_a_transcript_is_for_who_has_the_case(desk: DeskTown, seat: Seat, number: int) -> None:
    await seat.act(number, type="reply", text="I can help you")
    async with seat.raw(f"/desk/api/export/{number}") as answer:
        assert answer.headers["Content-Disposition"] == f"attachment; filename=case-{number}.txt"
        assert answer.headers["Content-Type"].startswith("text/plain")
        text = await answer.text()
        assert "I can help you" in text
        assert "my landlord" in text
    waiting = await desk.ask("704", "secret")
    assert await seat.get(f"/desk/api/export/{waiting}") == (403, {"error": "not-allowed"})


# ---------------------------------------------------------------- oneself


async def test_duty_and_substitute(desk: DeskTown, seat: Seat) -> None:
    async with desk.seat(Profile("Berta", "advisor", "madrid")) as berta:
        until = (desk.town.clock.now + timedelta(days=3)).isoformat()
        status, body = await seat.send("/desk/api/duty", {"is_available": True, "away_until": until, "substitute": berta.id})
        assert status == 200
        assert (body["me"]["away_until"], body["me"]["substitute"]) == (until, berta.id)
        team = (await berta.get("/desk/api/team"))[1]["team"]
        assert [colleague["is_away"] for colleague in team if colleague["id"] == seat.id] == [True]
        for wrong in ("nobody", seat.id):
            assert (await seat.send("/desk/api/duty", {"is_available": True, "substitute": wrong}))[0] == 422
    for wrong_time in ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2030-01-01T00:00:00", "tomorrow", 5, 1e300):
        assert (await seat.send("/desk/api/duty", {"is_available": True, "away_until": wrong_time}))[0] == 422


async def test_ways_of_waking(seat: Seat) -> None:
    assert await seat.send("/desk/api/wake", {"wake_by": "email"}) == (422, {"error": "no-email"})
    assert await seat.send("/desk/api/wake", {"wake_by": "telegram"}) == (422, {"error": "no-telegram"})
    status, body = await seat.send("/desk/api/wake", {"wake_by": "email", "email": "ana@example.org"})
    assert (status, body["me"]["wake_by"], body["me"]["has_email"]) == (200, "email", True)
    assert "example.org" not in json.dumps(body)
    status, body = await seat.send("/desk/api/wake", {"wake_by": "web", "email": ""})
    assert (status, body["me"]["wake_by"], body["me"]["has_email"]) == (200, "web", False)


async def test_practice_is_seen_by_who_practises_alone(desk: DeskTown, seat: Seat) -> None:
    status, body = await seat.send("/desk/api/practice", {"kind": "advice", "locale": "ar"})
    assert status == 200
    _status, case = await seat.get(f"/desk/api/case/{body['number']}")
    assert case["case"]["practice"] is True
    async with desk.seat(Profile("Elsa", "lead", "madrid")) as lead:
        assert (await lead.get(f"/desk/api/case/{body['number']}"))[0] == 404
    assert (await seat.send("/desk/api/practice", {"kind": "advice", "locale": "xx"}))[0] == 422


async def test_the_team_and_where_a_case_can_go(desk: DeskTown, seat: Seat) -> None:
    async with (
        desk.seat(Profile("Berta", "peer", "madrid", languages=("ar",))) as berta,
        desk.seat(Profile("Far", "lead", "florence")) as far,
    ):
        _status, body = await seat.get("/desk/api/team")
        known = {colleague["id"]: colleague for colleague in body["team"]}
        assert berta.id in known
        assert far.id not in known
        assert known[berta.id]["languages"][0]["name"] == "العربية"
        assert "housing" in {topic["slug"] for topic in body["topics"]}
        assert {"slug": "provivienda", "name": "Provivienda"} in body["organisations"]
        assert {"slug": "alcorcon", "name": "Alcorcón"} in body["areas"]
        assert (await far.get("/desk/api/team?city=madrid"))[1]["topics"] == []


# ---------------------------------------------------------------- requests for helpers


async def test_a_helper_is_asked_and_answers(desk: DeskTown) -> None:
    await desk.town.settle_in("700")
    async with desk.seat(Profile("Ina", "interpreter", "madrid", languages=("sq",))) as ina:
        number = await desk.ask("700", "hello", kind="interpreter", language="sq", locale="en")
        await desk.town.desk.sweep()
        await desk.town.settle()
        async with ina.socket() as wire:
            board = await wire.next("board")
            assert board["order"]["asked"] == [number]
            row = wire.cases[number]
            assert (row["asked"], row["kind"], row["wanted_language"]["name"]) == (True, "interpreter", "Shqip")
            status, body = await ina.send("/desk/api/offer", {"number": number, "accepts": True})
            assert (status, body["case"]["mine"]) == (200, True)
        status, _body = await ina.send("/desk/api/offer", {"number": number, "accepts": False})
        assert status == 200


# ---------------------------------------------------------------- leads


async def test_a_report_reaches_the_lead_and_is_resolved(desk: DeskTown, seat: Seat, number: int) -> None:
    assert (await seat.act(number, type="report", entry_id="housing.eviction", why="old number"))[0] == 200
    async with desk.seat(Profile("Elsa", "lead", "madrid")) as lead, desk.seat(Profile("Far", "lead", "florence")) as far:
        reports = (await lead.get("/desk/api/reports"))[1]["reports"]
        assert [(report["entry"]["id"], report["by_whom"], report["why"]) for report in reports] == [
            ("housing.eviction", "advisor", "old number")
        ]
        assert (await far.get("/desk/api/reports"))[1]["reports"] == []
        assert (await far.send("/desk/api/reports/resolve", {"id": reports[0]["id"]}))[0] == 404
        assert (await lead.send("/desk/api/reports/resolve", {"id": reports[0]["id"]}))[0] == 200
        assert (await lead.get("/desk/api/reports"))[1]["reports"] == []
        assert (await lead.send("/desk/api/reports/resolve", {"id": 10**6}))[0] == 404


async def test_figures(desk: DeskTown, seat: Seat, number: int) -> None:
    await seat.act(number, type="reply", text="hello")
    async with desk.seat(Profile("Root", "admin", "madrid")) as admin, desk.seat(Profile("Elsa", "lead", "madrid")) as lead:
        figures = (await admin.get("/desk/api/figures"))[1]["figures"]
        assert (await lead.get("/desk/api/figures"))[1]["figures"] == []  # of one person, which is nobody's business
    opened = [figure for figure in figures if figure["name"] == "opened"]
    assert [(figure["city"]["slug"], figure["topic"]["slug"], figure["n"]) for figure in opened] == [("madrid", "housing", 1)]


# ---------------------------------------------------------------- nothing breaks it

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    "number",
    "key",
    "deed",
    "accepts",
    "is_available",
    "away_until",
    "substitute",
    "wake_by",
    "email",
    "end",
    "kind",
    "locale",
    "name",
    "role",
    "id",
)


def plausible(number: int) -> st.SearchStrategy[object]:
    """Build bodies that are nearly right."""
    deeds = st.sampled_from(DEEDS) | st.dictionaries(st.sampled_from(["type", "text", "line", "place", "file"]), json_values, max_size=3)
    acts = st.fixed_dictionaries({"number": st.just(number) | json_values, "key": st.text("ab_-é", max_size=3), "deed": deeds})
    return acts | st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=4) | json_values


async def test_no_body_and_no_query_breaks_the_desk(desk: DeskTown, seat: Seat, number: int) -> None:
    loop = asyncio.get_running_loop()
    posts, gets = routes(desk, "POST"), routes(desk, "GET")
    harmless = [path for path in posts if path not in ("/desk/logout", "/desk/api/sessions")]

    async def status_of(request: Any) -> int:
        async with request as answer:
            return int(answer.status)

    def ask(request: Any) -> int:
        return asyncio.run_coroutine_threadsafe(status_of(request), loop).result(20)

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(harmless), plausible(number) | st.binary(max_size=40))
    def send(path: str, body: object) -> None:
        assert ask(seat.post(path, body)) < 500

    words = st.text(max_size=20).map(lambda text: "".join(f"%{byte:02x}" for byte in text.encode(errors="replace")))

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(gets), words, words)
    def look(path: str, one: str, two: str) -> None:
        assert ask(seat.raw(f"{path}?case={number}&q={one}&lang={two}&after={two}&before={one}&city={one}")) < 500

    await asyncio.to_thread(send)
    await asyncio.to_thread(look)
    assert (await seat.get("/desk/api/me"))[0] == 200
    assert texts_in((await seat.get(f"/desk/api/case/{number}"))[1]["lines"])

"""Every route of the desk against who may not use it: no login, no proof, another site, a peer, another house, a foreign case."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from starlette.routing import Route, WebSocketRoute
from websockets.exceptions import InvalidStatus

from bot.cases import Profile
from tests.channels.desk_server import DeskTown, Seat, desk_town

HOUSE = Profile("Ana", "advisor", "madrid", organisation="ssf", topics=("housing",))
PNG = b"\x89PNG\r\n\x1a\n0000"
PUBLIC = {"/desk", "/desk/join", "/desk/login", "/desk/texts/{locale}.json"}


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskTown]:
    async with desk_town(tmp_path) as running:
        yield running


def routes(desk: DeskTown, method: str) -> list[str]:
    """Return the addresses that need a login, filled in."""
    found = [route.path for route in desk.pages.routes() if isinstance(route, Route) and method in (route.methods or ())]
    return [path.replace("{number}", "1").replace("{line}", "1") for path in found if path not in PUBLIC]


async def status(request: Any) -> tuple[int, str]:
    async with request as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        return answer.status, (await answer.json())["error"]


async def test_every_route_is_looked_at_here(desk: DeskTown) -> None:
    assert len(routes(desk, "GET")) == 12
    assert len(routes(desk, "POST")) == 13
    assert [route.path for route in desk.pages.routes() if isinstance(route, WebSocketRoute)] == ["/desk/socket"]


async def test_without_a_login_there_is_nothing(desk: DeskTown) -> None:
    await desk.ask("700", "secret")
    async with desk.stranger() as seat, desk.seat(HOUSE) as other:
        seat.csrf = other.csrf
        for cookie in ("", "dragoman-desk=" + "f" * 43, other.cookie.replace("dragoman-desk", "dragoman")):
            seat.cookie = cookie
            for path in routes(desk, "GET"):
                assert (path, await status(seat.raw(path))) == (path, (401, "login"))
            for path in routes(desk, "POST"):
                assert (path, await status(seat.post(path, {}))) == (path, (401, "login"))
        async with seat.socket() as wire:
            assert await wire.closed() == 4401


async def test_nothing_is_changed_without_the_proof_of_our_page(desk: DeskTown) -> None:
    async with desk.seat(HOUSE) as seat, desk.seat(HOUSE) as other:
        for path in routes(desk, "POST"):
            for wrong in ("", "0" * 64, other.csrf):
                assert (path, await status(seat.post(path, {}, X_Desk_Csrf=wrong))) == (path, (403, "csrf"))


async def test_other_sites_get_nothing(desk: DeskTown) -> None:
    async with desk.seat(HOUSE) as seat:
        for path in routes(desk, "POST"):
            for origin in ("https://evil.example", "", "null", f"{desk.url}0", f"{desk.url}@evil.example"):
                assert (path, origin, await status(seat.post(path, {}, Origin=origin))) == (path, origin, (403, "origin"))
        for path in routes(desk, "GET"):
            for site in ("cross-site", "same-site"):
                assert (path, await status(seat.raw(path, Sec_Fetch_Site=site))) == (path, (403, "origin"))
        for origin in ("https://evil.example", "null"):
            with pytest.raises(InvalidStatus) as refused:
                async with seat.socket(Origin=origin):
                    pass
            assert refused.value.response.status_code == 403


async def test_on_https_a_page_without_it_is_another_site(tmp_path: Path) -> None:
    async with desk_town(tmp_path, https=True) as desk, desk.seat(HOUSE) as seat:
        assert (await seat.send("/desk/api/duty", {"is_available": True}))[0] == 200
        assert await status(seat.post("/desk/api/duty", {"is_available": True}, Origin=desk.url)) == (403, "origin")


# ---------------------------------------------------------------- cases of others


async def touch(seat: Seat, number: int) -> list[tuple[str, int, str]]:
    """Try everything with a case; returns what was tried, status and error."""
    found = []
    for path in (f"/desk/api/case/{number}", f"/desk/api/answers?case={number}&q=a", f"/desk/api/places?case={number}"):
        found.append((path, *await status(seat.raw(path))))
    for path in (f"/desk/api/file/{number}/1", f"/desk/api/export/{number}"):
        found.append((path, *await status(seat.raw(path))))
    found.append(("file", *await status(seat.post(f"/desk/api/file?case={number}", PNG, Content_Type="image/png"))))
    found.append(("offer", *await status(seat.post("/desk/api/offer", {"number": number, "accepts": True}))))
    for deed in DEEDS:
        body = {"number": number, "key": f"t{deed['type']}", "deed": deed}
        found.append((str(deed["type"]), *await status(seat.post("/desk/api/act", body))))
    return found


DEEDS: tuple[dict[str, object], ...] = (
    {"type": "claim"},
    {"type": "reply", "text": "x"},
    {"type": "entry", "entry_id": "housing.eviction"},
    {"type": "note", "text": "x"},
    {"type": "pass", "reason": "x", "topic": "housing"},
    {"type": "close", "outcome": "solved"},
    {"type": "reopen"},
    {"type": "correct", "line": 1, "text": "x"},
    {"type": "withdraw", "line": 1},
    {"type": "report", "entry_id": "housing.eviction", "why": "x"},
)


@contextlib.asynccontextmanager
async def foreigners(desk: DeskTown) -> AsyncIterator[list[Seat]]:
    """Open the desk of people to whom a housing case of high priority that belongs to an organisation is none of theirs."""
    profiles = (
        Profile("Peer", "peer", "madrid"),
        Profile("Elsewhere", "lead", "florence"),
        Profile("House", "lead", "madrid", organisation="provivienda"),
        Profile("Teacher", "advisor", "madrid", organisation="ssf", topics=("education",)),
        Profile("Interpreter", "interpreter", "madrid"),
    )
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(desk.seat(profile)) for profile in profiles]


async def test_a_case_of_others_is_not_there(desk: DeskTown) -> None:
    number = await desk.ask("700", "secret words", organisation="ssf", priority="high")
    async with desk.seat(HOUSE) as owner, foreigners(desk) as seats:
        for seat in seats:
            real = await touch(seat, number)
            told = (403, "not-allowed") if seat.me["role"] == "peer" else (404, "gone")
            assert {(code, error) for _what, code, error in real if _what != "offer"} == {told}, seat.me["name"]
            assert {code for what, code, _error in real if what == "offer"} <= {403, 404}
            if seat.me["role"] != "peer":
                assert [found[1:] for found in real] == [found[1:] for found in await touch(seat, number + 500)], "it can be told from none"
            async with seat.socket() as wire:
                board = await wire.next("board")
                assert board["cases"] == []
                await wire.send(type="open", number=number)
                assert await wire.next() == {"type": "gone", "number": number}
        assert (await owner.act(number, type="claim"))[0] == 200
        assert (await owner.get(f"/desk/api/case/{number}"))[0] == 200


async def test_a_colleagues_case_is_read_by_the_lead_alone_and_answered_by_nobody_else(desk: DeskTown) -> None:
    number = await desk.ask("700", "secret words")
    async with (
        desk.seat(HOUSE) as ana,
        desk.seat(Profile("Berta", "advisor", "madrid")) as berta,
        desk.seat(Profile("Elsa", "lead", "madrid")) as elsa,
    ):
        assert (await ana.act(number, type="claim"))[0] == 200
        assert await berta.act(number, type="claim") == (409, {"error": "taken", "by": "Ana"})
        assert (await elsa.get(f"/desk/api/case/{number}"))[0] == 200
        for seat in (berta, elsa):
            code, body = await seat.act(number, type="reply", text="not mine")
            assert (code, body["error"]) in [(404, "gone"), (403, "not-allowed"), (409, "taken")]
            code, _body = await seat.upload(number, PNG, "image/png")
            assert code in (403, 404, 409)


async def test_two_claims_have_one_winner_and_the_other_hears_who(desk: DeskTown) -> None:
    number = await desk.ask("700", "secret words")
    async with desk.seat(HOUSE) as ana, desk.seat(Profile("Elsa", "lead", "madrid")) as elsa:
        assert (await ana.act(number, type="claim"))[0] == 200
        assert await elsa.act(number, type="claim") == (409, {"error": "taken", "by": "Ana"})


async def test_a_key_of_somebody_else_does_nothing_for_one(desk: DeskTown) -> None:
    number = await desk.ask("700", "secret words")
    async with desk.seat(HOUSE) as ana, desk.seat(Profile("Elsa", "lead", "madrid")) as elsa:
        assert (await ana.act(number, "same", type="claim"))[0] == 200
        assert (await elsa.act(number, "same", type="claim"))[0] == 409
        status_again, again = await ana.act(number, "same", type="claim")
        assert (status_again, again["repeated"]) == (200, True)


# ---------------------------------------------------------------- what is for leads and admins

FOR_LEADS = ("/desk/api/figures", "/desk/api/reports", "/desk/api/gaps")


@pytest.mark.parametrize("role", ["advisor", "peer", "interpreter", "companion", "mentor"])
async def test_figures_reports_and_the_team_are_for_leads(desk: DeskTown, role: str) -> None:
    async with desk.seat(Profile("Ana", role, "madrid")) as seat, desk.seat(Profile("Berta", "advisor", "madrid")) as other:  # type: ignore[arg-type]
        for path in (*FOR_LEADS, "/desk/api/audit"):
            assert await status(seat.raw(path)) == (403, "not-allowed")
        for path, body in (
            ("/desk/api/invite", {"name": "Eva", "role": "peer"}),
            ("/desk/api/team/remove", {"id": other.id}),
            ("/desk/api/reports/resolve", {"id": 1}),
            ("/desk/api/gaps/dismiss", {"ids": [1]}),
            ("/desk/api/gaps/add", {"ids": [1], "entry_id": "egov.nie"}),
        ):
            assert await status(seat.post(path, body)) == (403, "not-allowed")
        assert (await other.get("/desk/api/me"))[0] == 200
        code, body = await seat.get("/desk/api/team")
        assert code == 200
        assert all("seen_at" not in colleague for colleague in body["team"])


async def test_the_audit_is_for_admins(desk: DeskTown) -> None:
    async with desk.seat(Profile("Elsa", "lead", "madrid")) as lead, desk.seat(Profile("Root", "admin", "madrid")) as admin:
        for path in FOR_LEADS:
            assert (await lead.get(path))[0] == 200
        assert await status(lead.raw("/desk/api/audit")) == (403, "not-allowed")
        code, body = await admin.get("/desk/api/audit")
        assert code == 200
        assert body["audit"]
        assert body["audit"][0]["id"] == max(line["id"] for line in body["audit"])
        newest = body["audit"][0]["id"]
        assert all(line["id"] < newest for line in (await admin.get(f"/desk/api/audit?before={newest}"))[1]["audit"])


async def test_a_lead_invites_into_the_own_city_and_makes_no_admin(desk: DeskTown) -> None:
    async with desk.seat(Profile("Elsa", "lead", "madrid")) as lead, desk.stranger() as fresh:
        assert await status(lead.post("/desk/api/invite", {"name": "Eva", "role": "admin"})) == (403, "not-allowed")
        for wrong, field in (
            ({"city": "florence"}, "city"),
            ({"topics": ["cooking"]}, "topics"),
            ({"areas": ["moon"]}, "areas"),
            ({"organisation": "evil"}, "organisation"),
        ):
            found = await lead.send("/desk/api/invite", {"name": "Eva", "role": "peer", **wrong})
            assert found == (422, {"error": "unknown", "field": field})
        code, body = await lead.send("/desk/api/invite", {"name": "Eva", "role": "peer", "languages": ["ar"], "topics": ["housing"]})
        assert code == 200
        assert body["web"].endswith(f"/desk/join#{body['code']}")
        assert await fresh.join(body["code"]) == 200
        await fresh.know()
        assert (fresh.me["role"], fresh.me["city"]["slug"], fresh.me["languages"][0]["name"]) == ("peer", "madrid", "العربية")


async def test_somebody_removed_is_out_at_once(desk: DeskTown) -> None:
    number = await desk.ask("700", "secret words")
    async with desk.seat(Profile("Elsa", "lead", "madrid")) as lead, desk.seat(HOUSE) as ana:
        assert (await ana.act(number, type="claim"))[0] == 200
        async with ana.socket() as wire:
            await wire.next("board")
            assert (await lead.send("/desk/api/team/remove", {"id": ana.id}))[0] == 200
            assert await wire.closed() == 4401
        assert (await ana.get("/desk/api/me"))[0] == 401
        assert (await lead.send("/desk/api/team/remove", {"id": ana.id}))[0] == 404
        assert (await lead.get(f"/desk/api/case/{number}"))[1]["case"]["state"] == "waiting"


@pytest.mark.parametrize("number", ["0", "-1", "x", "1e3", "٣", "9" * 16, "9" * 5000, "1%00", "%ff", "1 or 1=1"])
async def test_numbers_that_are_none(desk: DeskTown, number: str) -> None:
    async with desk.seat(HOUSE) as seat:
        for path in (f"/desk/api/case/{number}", f"/desk/api/file/{number}/{number}", f"/desk/api/export/{number}"):
            assert await status(seat.raw(path)) == (404, "gone")
        assert await status(seat.raw(f"/desk/api/answers?case={number}")) == (404, "gone")

"""The way in and out of the desk over HTTP: invites, links, cookies, logins that end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.cases import Profile
from tests.channels.desk_server import DeskTown, Seat, desk_town
from tests.handoff.post import text_of

ANA = Profile("Ana", "advisor", "madrid", topics=("housing",))


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskTown]:
    async with desk_town(tmp_path) as running:
        yield running


async def page(seat: Seat, path: str) -> str:
    async with seat.raw(path) as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        return str(await answer.text())


# ---------------------------------------------------------------- codes


async def test_an_invite_opens_the_desk_once(desk: DeskTown) -> None:
    code = await desk.code(ANA)
    async with desk.stranger() as first, desk.stranger() as second:
        for path in ("/desk/join", "/desk/join", "/desk"):  # a preview of the link uses nothing up
            await page(first, path)
        assert await first.join(code) == 200
        await first.know()
        assert first.me["name"] == "Ana"
        assert await second.join(code) == 410
        assert second.set_cookie == ""
        assert (await second.get("/desk/api/me"))[0] == 401


async def test_an_invite_too_old_or_never_given_opens_nothing(desk: DeskTown) -> None:
    code = await desk.code(ANA)
    desk.town.clock.turn(hours=48, seconds=1)
    async with desk.stranger() as seat:
        for forged in (code, "0000-0000-0000-0000-0000-0000-0000", "x", " ", "A" * 200):
            assert await seat.join(forged) == 410
        for bad in ("", "A" * 201, "a/../b", "<script>", "a\x00"):
            assert await seat.join(bad) == 422


async def test_a_code_that_links_a_group_opens_no_desk(desk: DeskTown) -> None:
    code = await desk.town.store.desk.link_code("madrid")
    async with desk.stranger() as seat:
        assert await seat.join(code) == 410


async def test_two_browsers_with_one_code_get_one_login(desk: DeskTown) -> None:
    code = await desk.code(ANA)
    async with desk.stranger() as first, desk.stranger() as second:
        assert sorted(await asyncio.gather(first.join(code), second.join(code))) == [200, 410]


async def test_nobody_elses_page_can_use_a_code(desk: DeskTown) -> None:
    code = await desk.code(ANA)
    async with desk.stranger() as seat:
        for origin in ("https://evil.example", "", "null", f"{desk.url}.evil.example"):
            assert await seat.join(code, Origin=origin) == 403
        assert await seat.join(code, Content_Type="text/plain") == 415
        assert await seat.join(code) == 200


# ---------------------------------------------------------------- cookies


@pytest.mark.parametrize("https", [False, True])
async def test_the_cookie_is_ours_alone(tmp_path: Path, https: bool) -> None:
    async with desk_town(tmp_path, https=https) as desk, desk.seat(ANA) as seat:
        name, _, rest = seat.set_cookie.partition("=")
        token, marks = rest.partition(";")[0], {mark.strip().lower() for mark in rest.split(";")[1:]}
        assert name == ("__Host-dragoman-desk" if https else "dragoman-desk")
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
        assert marks == {"httponly", "path=/", "samesite=strict", "max-age=604800"} | ({"secure"} if https else set())


async def test_a_login_gets_a_token_nobody_chose(desk: DeskTown) -> None:
    async with desk.stranger() as seat:
        planted = "p" * 43
        seat.cookie = f"dragoman-desk={planted}"
        assert await seat.join(await desk.code(ANA)) == 200
        assert planted not in seat.cookie
        fresh, seat.cookie = seat.cookie, f"dragoman-desk={planted}"
        assert (await seat.get("/desk/api/me"))[0] == 401
        seat.cookie = fresh
        assert (await seat.get("/desk/api/me"))[0] == 200


async def test_a_new_login_ends_the_earlier_one_of_the_browser(desk: DeskTown) -> None:
    async with desk.seat(ANA) as seat:
        earlier = seat.cookie
        async with seat.socket() as wire:
            assert await seat.join(await desk.code(Profile("Berta", "lead", "madrid"))) == 200
            assert await wire.closed() == 4401
        assert seat.cookie != earlier
        await seat.know()
        assert seat.me["name"] == "Berta"
        seat.cookie = earlier
        assert (await seat.get("/desk/api/me"))[0] == 401


@pytest.mark.parametrize("cookie", ["dragoman-desk=", "dragoman-desk=;;;", "dragoman-desk=ñ" * 5, "dragoman-desk=" + "a" * 300, "x"])
async def test_cookies_that_are_none(desk: DeskTown, cookie: str) -> None:
    async with desk.stranger() as seat:
        seat.cookie = cookie
        assert (await seat.get("/desk/api/me"))[0] == 401
        assert "data-csrf" not in await page(seat, "/desk")


# ---------------------------------------------------------------- links by e-mail


async def test_a_link_goes_to_who_is_staff_and_nobody_hears_whether(desk: DeskTown) -> None:
    async with desk.seat(ANA) as seat, desk.stranger() as stranger:
        status, _ = await seat.send("/desk/api/wake", {"wake_by": "email", "email": "ana@example.org"})
        assert status == 200
        answers = [await stranger.send("/desk/login", {"email": email}) for email in ("ana@example.org", "nobody@example.org", "")]
        assert {(status, str(body)) for status, body in answers} == {(202, "{'ok': True}")}
        for _ in range(3):  # asked again at once: one letter is enough
            await stranger.send("/desk/login", {"email": "ana@example.org"})
        letters = await letters_to(desk, "ana@example.org", 1)
        assert len(letters) == 1
        found = re.search(r"/desk/join#([A-Z0-9-]+)", letters[0])
        assert found
        assert await stranger.join(found[1]) == 200
        await stranger.know()
        assert stranger.id == seat.id
        assert desk.town.posts["email"].given.keys() == {"ana@example.org"}


async def letters_to(desk: DeskTown, address: str, count: int) -> list[str]:
    """Wait until so many letters came."""
    async with asyncio.timeout(30):
        while len(desk.town.posts["email"].given[address]) < count:
            await asyncio.sleep(0.02)
    await desk.town.settle()
    return [everything(message) for message in desk.town.posts["email"].given[address]]


def everything(message: object) -> str:
    return f"{text_of(message)} {message!r}"  # type: ignore[arg-type]  # of a message, with the addresses behind its words


async def test_an_address_is_checked(desk: DeskTown) -> None:
    async with desk.stranger() as seat:
        for bad in ("a", "a@b.es\nBcc: c@d.es", 5, None):
            assert (await seat.send("/desk/login", {"email": bad}))[0] == 422
        assert (await seat.send("/desk/login", {"email": "a@b.es"}, Origin="https://evil.example"))[0] == 403


# ---------------------------------------------------------------- the end


async def test_logging_out_ends_the_login_and_its_pages(desk: DeskTown) -> None:
    async with desk.seat(ANA) as seat, seat.socket() as wire:
        await wire.next("board")
        async with seat.post("/desk/logout", {}) as answer:
            assert answer.status == 200
            assert "Max-Age=0" in answer.headers["Set-Cookie"]
        assert await wire.closed() == 4401
        assert (await seat.get("/desk/api/me"))[0] == 401
        assert "data-csrf" not in await page(seat, "/desk")


async def test_a_login_ends_by_itself(desk: DeskTown) -> None:
    async with desk.seat(ANA) as seat:
        desk.town.clock.turn(hours=11)
        assert (await seat.get("/desk/api/me"))[0] == 200
        desk.town.clock.turn(hours=12, seconds=1)
        assert (await seat.get("/desk/api/me"))[0] == 401
    async with desk.seat(ANA) as seat:
        for _ in range(17):  # 170 hours without a pause
            desk.town.clock.turn(hours=9, minutes=50)
            status, _body = await seat.get("/desk/api/me")
        assert status == 200
        desk.town.clock.turn(hours=2)
        assert (await seat.get("/desk/api/me"))[0] == 401


async def test_logins_are_listed_and_can_be_ended(desk: DeskTown) -> None:
    async with desk.seat(ANA) as seat, desk.stranger() as phone, desk.seat(Profile("Berta", "advisor", "madrid")) as other:
        code = await desk.town.store.desk.renew(seat.id)
        assert code
        assert await phone.join(code, User_Agent="Mozilla/5.0 (Android 14) Firefox/130.0") == 200
        await phone.know()
        _status, body = await seat.get("/desk/api/sessions")
        listed = {session["device"]: session for session in body["sessions"]}
        assert len(body["sessions"]) == 2
        assert [session["current"] for session in body["sessions"]].count(True) == 1
        ended = listed["Firefox · Android"]["id"]
        token = phone.cookie.partition("=")[2]
        assert token not in str(body)
        async with phone.socket() as wire:
            await wire.next("board")
            assert (await other.send("/desk/api/sessions", {"end": ended}))[0] == 404
            assert (await phone.get("/desk/api/me"))[0] == 200
            status, body = await seat.send("/desk/api/sessions", {"end": ended})
            assert (status, len(body["sessions"])) == (200, 1)
            assert await wire.closed() == 4401
        assert (await phone.get("/desk/api/me"))[0] == 401


async def test_ending_ones_own_login_logs_out(desk: DeskTown) -> None:
    async with desk.seat(ANA) as seat:
        _status, body = await seat.get("/desk/api/sessions")
        async with seat.post("/desk/api/sessions", {"end": body["sessions"][0]["id"]}) as answer:
            assert "Max-Age=0" in answer.headers["Set-Cookie"]
        assert (await seat.get("/desk/api/me"))[0] == 401


# ---------------------------------------------------------------- pages


async def test_the_pages_know_who_is_there(desk: DeskTown) -> None:
    async with desk.stranger() as stranger, desk.seat(ANA) as seat:
        assert 'data-mode="login"' in await page(stranger, "/desk")
        assert 'data-mode="join"' in await page(stranger, "/desk/join")
        html = await page(seat, "/desk?lang=ar")
        assert '<html lang="ar" dir="rtl"' in html
        assert seat.csrf in html
        assert seat.cookie.partition("=")[2] not in html


async def test_a_name_cannot_break_the_page(desk: DeskTown) -> None:
    async with desk.seat(Profile("</script><script>alert(1)</script>\"'", "advisor", "madrid")) as seat:
        html = await page(seat, "/desk")
        assert "<script>alert" not in html
        assert seat.me["name"].startswith("</script>")


async def test_texts_come_in_every_language_and_no_other(desk: DeskTown) -> None:
    async with desk.stranger() as seat:
        bundles = [(await seat.get(f"/desk/texts/{locale}.json"))[1] for locale in ("en", "es", "ar")]
        assert len({frozenset(bundle["texts"]) for bundle in bundles}) == 1
        assert [bundle["dir"] for bundle in bundles] == ["ltr", "ltr", "rtl"]
        async with seat.raw("/desk/texts/xx.json") as answer:
            assert answer.status == 404

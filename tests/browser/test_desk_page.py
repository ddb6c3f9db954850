"""The web desk in Chromium, before the real service and store: from the invite to the closed case, and what may go wrong between."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from bot.cases import Profile
from bot.channels.desk.texts import DESK_TEXTS, SHARED_TEXTS
from bot.model import ContactRef, Incoming, KeepQuestion, TextReceived
from bot.store import Decision
from tests.browser.advisors import ANA, LUCIA, MARCO, SIDEWAYS, SMALL, Advisor
from tests.browser.visitors import PATIENCE_MS
from tests.channels.desk_server import SCRIPT, DeskTown, desk_town

ARABIC = "صاحب البيت يريد أن نخرج الأسبوع القادم"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
STATIC = Path(__file__).parents[2] / "bot" / "web" / "static"
NO_LOGIN = "401 (Unauthorized)"  # how the door finds out that nobody is logged in
Sit = Callable[..., Awaitable[Advisor]]


@pytest_asyncio.fixture(loop_scope="session")
async def desk(tmp_path: Path) -> AsyncIterator[DeskTown]:
    """The desk of a town, served."""
    async with desk_town(tmp_path) as served:
        yield served


@pytest_asyncio.fixture(loop_scope="session")
async def sit(chromium: Browser, desk: DeskTown) -> AsyncIterator[Sit]:
    """Lets somebody log in, in a browser of their own; whatever a page reports as a fault fails the test at its end."""
    faults: list[str] = []
    contexts: list[BrowserContext] = []

    async def sit(profile: Profile | None = LUCIA, *, size: tuple[int, int] = (1280, 800), quiet: bool = True, **more: Any) -> Advisor:
        settings: dict[str, Any] = {"locale": "en-GB", "reduced_motion": "reduce"} | more
        context = await chromium.new_context(viewport={"width": size[0], "height": size[1]}, **settings)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        if quiet:
            page.on("console", lambda line: faults.append(line.text) if line.type == "error" and NO_LOGIN not in line.text else None)
        advisor = Advisor(page, desk.url)
        if profile is not None:
            await advisor.enter(await desk.code(profile))
        return advisor

    yield sit
    for context in contexts:
        await context.close()
    assert faults == []


async def asking(desk: DeskTown, address: str = "700", *, locale: str = "ar", **more: Any) -> int:
    """Let a contact who uses the bot ask for a person; returns the number of the case."""
    await desk.town.settle_in(address, locale)
    return await desk.ask(address, ARABIC if locale == "ar" else "I need help with my flat", locale=locale, **more)


def given(desk: DeskTown, address: str = "700") -> str:
    """Return everything a contact was shown."""
    return "\n".join(desk.town.posts["telegram"].shown(address))


async def until_given(desk: DeskTown, text: str, address: str = "700") -> None:
    """Wait until a contact was shown something."""
    async with asyncio.timeout(30):
        while text not in given(desk, address):
            await asyncio.sleep(0.02)


# ---------------------------------------------------------------- the door


async def test_an_invite_is_used_by_a_press_and_only_once(desk: DeskTown, sit: Sit) -> None:
    advisor = await sit(None)
    code = await desk.code(LUCIA)
    await advisor.page.goto(f"{desk.url}/desk/join#{code}")
    await expect(advisor.page.get_by_role("button", name="Log in")).to_be_enabled()
    assert code not in advisor.page.url  # neither the address nor the history keeps it
    await advisor.page.get_by_role("button", name="Log in").click()
    await advisor.loaded()
    await expect(advisor.page.locator("#about-me")).to_contain_text("Lucía")
    other = await sit(None, quiet=False)  # a refusal stands in the console as well
    await other.page.goto(f"{desk.url}/desk/join#{code}")
    await other.page.get_by_role("button", name="Log in").click()
    await expect(other.page.get_by_role("alert")).to_contain_text("used already, or it is too old")


async def test_who_is_not_logged_in_is_told_the_ways_in(desk: DeskTown, sit: Sit) -> None:
    advisor = await sit(None, size=(360, 700), quiet=False)
    await advisor.page.goto(f"{desk.url}/desk")
    await expect(advisor.page.locator("main")).to_contain_text("/desk")
    assert await advisor.page.evaluate(SIDEWAYS) == [0, []]
    await advisor.page.get_by_label("Your e-mail address").fill("nobody@example.org")
    await advisor.page.get_by_role("button", name="Send me a login link").click()
    await expect(advisor.page.get_by_role("status")).to_contain_text("If this address is known here")
    await advisor.page.goto(f"{desk.url}/desk/join")
    await expect(advisor.page.get_by_role("alert")).to_contain_text("no invite in this link")


async def test_a_link_from_elsewhere_opens_its_case(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit()
    await advisor.page.goto("about:blank")
    await advisor.page.goto(f"{desk.url}/desk#{number}")
    await expect(advisor.thread(number)).to_be_visible()


# ---------------------------------------------------------------- a case from beginning to end


async def test_from_the_queue_to_the_closed_case(desk: DeskTown, sit: Sit) -> None:
    advisor = await sit()
    number = await asking(desk, priority="high", facts=(("letter", "yes"),))
    row = advisor.part("waiting").filter(has_text="العربية")
    await expect(row).to_have_attribute("data-number", str(number))
    await expect(row.locator("bdi").first).to_have_text("العربية")  # the language is the first thing seen
    await expect(row.locator("bdi").first).to_have_attribute("dir", "rtl")
    await expect(row).to_contain_text("urgent")
    await expect(advisor.page).to_have_title(re.compile(r"^\(1\) Desk"))
    await advisor.open(number)
    await expect(advisor.line(ARABIC)).to_be_visible()
    await expect(advisor.box).to_have_count(0)  # nobody answers a case that is not theirs
    await advisor.press("Take the case")
    await expect(advisor.part("mine")).to_have_count(1)
    await expect(advisor.part("waiting")).to_have_count(0)
    await advisor.reply("Have you got the letter?")
    await until_given(desk, "Have you got the letter?")
    await desk.write("700", "نعم معي الرسالة")
    await expect(advisor.line("نعم معي الرسالة")).to_be_in_viewport()
    await advisor.press("Close the case")
    await advisor.dialog.get_by_label("Sent on to another place").check()
    await advisor.done("Close the case")
    await expect(advisor.now).to_contain_text("This case is closed.")
    await expect(advisor.box).to_have_count(0)
    case = await desk.town.store.desk.case(number)
    assert case is not None
    assert (case.state, case.outcome) == ("closed", "referred")
    await advisor.press("Open again")
    await expect(advisor.box).to_be_visible()


async def test_a_note_never_reaches_the_contact(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit()
    await advisor.claim(number)
    await advisor.now.get_by_label("Note for colleagues", exact=True).check()
    await expect(advisor.box).to_have_attribute("placeholder", re.compile("never sees it"))
    await expect(advisor.now.locator(".compose")).to_have_class(re.compile("noting"))
    await advisor.reply("they came in October")
    note = advisor.line("they came in October")
    await expect(note).to_have_class(re.compile("note-in"))
    await expect(note.locator(".who")).to_contain_text("Note for colleagues · Lucía")
    await expect(advisor.now.get_by_label("Reply", exact=True)).to_be_checked()  # the next words are for the contact again
    await advisor.reply("A reply")
    await until_given(desk, "A reply")
    assert "October" not in given(desk)


async def test_two_take_a_case_and_one_is_told_who_was_quicker(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    quick = await sit()
    slow = await sit(MARCO, quiet=False)
    await quick.open(number)
    await slow.page.route_web_socket(re.compile("/desk/socket"), lambda route: hold(route))
    await slow.reload()
    await slow.open(number)
    slow_button = slow.now.get_by_role("button", name="Take the case")
    await expect(slow_button).to_be_visible()
    HELD.add(slow.url)  # from here on this page hears nothing more
    try:
        await quick.press("Take the case")
        await expect(quick.box).to_be_focused()
        await slow_button.click()
        await expect(slow.toast("Lucía has already taken this case.")).to_be_visible()
        await expect(slow.box).to_have_count(0)
    finally:
        HELD.clear()


HELD: set[str] = set()


def hold(route: WebSocketRoute) -> None:
    """Pass a page's socket on until the page is held."""
    server = route.connect_to_server()
    server.on_message(lambda message: None if HELD else route.send(message))
    route.on_message(server.send)


async def test_a_ready_answer_arrives_in_the_language_of_the_contact(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit()
    await advisor.claim(number)
    before = given(desk)
    await advisor.page.keyboard.press("Escape")
    await advisor.page.get_by_label("Search the ready answers").fill("register address")
    answer = advisor.page.locator("#answers .answer").first
    await expect(answer).to_be_visible()
    title = (await answer.locator("> h3").inner_text()).strip()
    await answer.get_by_role("button", name="Read").click()
    await expect(answer.locator(".said")).to_be_visible()
    assert re.search("[a-z]{4}", await answer.locator(".said").inner_text())  # in the advisor's language
    await answer.get_by_role("button", name="Send in العربية").click()
    async with asyncio.timeout(30):
        while given(desk) == before:
            await asyncio.sleep(0.02)
    sent = given(desk)[len(before) :]
    assert re.search("[\u0600-\u06ff]{3}", sent)
    assert title not in sent
    await expect(advisor.now.locator(".line.waiting")).to_have_count(0)


async def test_saying_that_an_answer_is_wrong(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit()
    await advisor.claim(number)
    answer = advisor.page.locator("#answers .answer").first
    await answer.get_by_role("button", name="This answer is wrong").click()
    await advisor.dialog.get_by_label("What is wrong", exact=True).fill("the address has changed")
    await advisor.done("Report it")
    await expect(advisor.toast("The admins have been told")).to_be_visible()
    lead = await sit(ANA)
    await lead.menu("Reports on answers")
    await expect(lead.dialog).to_contain_text("the address has changed")
    await lead.dialog.get_by_role("button", name="Dealt with").click()
    await expect(lead.dialog).to_contain_text("No reports are open.")


async def test_passing_on_to_a_colleague_and_to_a_topic(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    lucia, marco = await sit(), await sit(MARCO)
    await lucia.claim(number)
    await lucia.press("Pass on")
    await lucia.dialog.get_by_label("A colleague").check()
    await lucia.dialog.get_by_label("Colleague", exact=True).select_option(label=await colleague_named(lucia, "Marco"))
    await lucia.dialog.get_by_label("Why").fill("I am away tomorrow")
    await lucia.done("Pass on")
    await expect(marco.row(number)).to_be_visible()
    await marco.open(number)
    await expect(marco.now).to_contain_text("I am away tomorrow")
    if await marco.now.get_by_role("button", name="Take the case").count():
        await marco.press("Take the case")
    await expect(marco.box).to_be_visible()
    await marco.press("Pass on")
    await marco.dialog.get_by_label("Topic", exact=True).select_option("work")
    await marco.dialog.get_by_label("Why").fill("it is about wages")
    await marco.done("Pass on")
    await expect(marco.box).to_have_count(0)
    case = await desk.town.store.desk.case(number)
    assert case is not None
    assert (case.state, case.topic) == ("waiting", "work")


async def test_an_organisation_sees_nothing_before_the_contact_agrees(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit()
    await advisor.claim(number)
    await advisor.press("Pass on")
    await advisor.dialog.get_by_label("Another organisation").check()
    await expect(advisor.dialog).to_contain_text("The person is asked first")
    await advisor.dialog.get_by_label("Why").fill("they know more about contracts")
    await advisor.done("Pass on")
    await expect(advisor.now.locator(".intake")).to_contain_text("The person is asked whether this may go to")
    await expect(advisor.box).to_be_visible()
    assert await desk.town.press("700", f"consent:{number}:yes")
    await expect(advisor.box).to_have_count(0)


async def test_a_lead_gives_a_waiting_case_to_somebody(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    lead, marco = await sit(ANA), await sit(MARCO)
    await lead.open(number)
    await lead.press("Pass on")
    await lead.dialog.get_by_label("A colleague").check()
    await lead.dialog.get_by_label("Colleague", exact=True).select_option(label=await colleague_named(lead, "Marco"))
    await lead.dialog.get_by_label("Why").fill("you know the family")
    await lead.done("Pass on")
    await expect(marco.part("mine")).to_have_count(1)
    await expect(marco.page).to_have_title(re.compile(r"^\(1\) Desk"))
    await lead.page.locator(".part[data-part=others] summary").click()
    await expect(lead.row(number)).to_contain_text("Marco")


SAM = Profile("Sam", "interpreter", "madrid", languages=("wo", "es"))


async def test_an_interpreter_is_asked_and_writes_once_both_agree(desk: DeskTown, sit: Sit) -> None:
    sam = await sit(SAM)
    await desk.town.settle_in("700", "en")
    number = await desk.ask("700", "I have an appointment", locale="en", kind="interpreter", language="wo")
    await desk.town.desk.sweep()
    await expect(sam.part("asked")).to_contain_text("Wolof")
    await expect(sam.part("asked")).to_contain_text("interpreter")
    await sam.page.get_by_role("button", name="I can do it").click()
    await expect(sam.now).to_contain_text("The person is asked whether they agree.")
    await expect(sam.box).to_have_count(0)
    await desk.town.settle()
    assert await desk.town.press("700", f"agree:{number}:yes")
    await expect(sam.box).to_be_visible()
    await sam.reply("Hello, I am Sam")
    await until_given(desk, "Hello, I am Sam")
    await sam.press("I cannot do it after all")
    await expect(sam.box).to_have_count(0)


async def colleague_named(advisor: Advisor, name: str) -> str:
    """Return the label of a colleague in the list."""
    labels = await advisor.dialog.get_by_label("Colleague", exact=True).locator("option").all_text_contents()
    return next(label for label in labels if label.startswith(name))


async def test_own_words_are_corrected_and_taken_back(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit()
    await advisor.claim(number)
    await advisor.reply("Come on Munday")
    await advisor.press("Correct")
    await advisor.dialog.get_by_label("Your message").fill("Come on Monday")
    await advisor.done("Send the correction")
    await expect(advisor.line("Come on Monday")).to_contain_text("changed")
    await until_given(desk, "Come on Monday")
    await expect(advisor.line("Munday")).to_have_count(0)
    await advisor.press("Take back")
    await advisor.done("Take back")
    await expect(advisor.line("Taken back.")).to_have_count(1)
    await expect(advisor.line("Monday")).to_have_count(0)


async def test_files_and_places_go_to_the_contact(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit()
    await advisor.claim(number)
    await advisor.now.locator("input[type=file]").set_input_files({"name": "plan.png", "mimeType": "image/png", "buffer": PNG})
    await expect(advisor.now.get_by_role("button", name="Remove plan.png")).to_be_visible()
    await advisor.reply("Here is the plan")
    picture = advisor.now.locator("img.picture")
    await expect(picture).to_be_visible()
    await advisor.page.wait_for_function("() => document.querySelector('img.picture').naturalWidth === 1")
    await until_given(desk, "Here is the plan")
    sent = desk.town.posts["telegram"].given["700"][-1]
    assert sent.attachment is not None
    assert sent.attachment.kind == "photo"
    await advisor.box.fill("https://www.openstreetmap.org/?mlat=40.4168&mlon=-3.7038#map=18/40.4168/-3.7038")
    await expect(advisor.now.locator(".hint")).to_contain_text("sent as a place")
    await advisor.box.press("Enter")
    await expect(advisor.now.locator(".venue a").last).to_have_attribute("href", re.compile("mlat=40.4168"))
    async with asyncio.timeout(30):
        while not desk.town.posts["telegram"].given["700"][-1].venues:
            await asyncio.sleep(0.02)


GIVEN_BY = """([kind, bytes]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([new Uint8Array(bytes)], `${kind}.png`, { type: "image/png" }));
  const find = (part) => document.querySelector(`.thread.active ${part}`);
  if (kind === "paste") find("textarea").dispatchEvent(new ClipboardEvent("paste", { bubbles: true, clipboardData: carried }));
  else find(".chat-log").dispatchEvent(new DragEvent("drop", { bubbles: true, dataTransfer: carried }));
}"""


async def test_words_wait_for_the_file_they_were_sent_with(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit()
    await advisor.claim(number)
    gate = asyncio.Event()

    async def slow(route: Any) -> None:
        await gate.wait()
        await route.continue_()

    await advisor.page.route("**/desk/api/file?*", slow)
    await advisor.now.locator("input[type=file]").set_input_files({"name": "plan.png", "mimeType": "image/png", "buffer": PNG})
    await expect(advisor.now.locator(".files")).to_contain_text("Sending…")
    await advisor.box.fill("with the plan")
    await advisor.box.press("Enter")
    await expect(advisor.box).to_have_value("with the plan")
    gate.set()
    await expect(advisor.line("with the plan").locator("img.picture")).to_be_visible()
    await expect(advisor.box).to_have_value("")


async def test_files_are_dropped_and_pasted(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit()
    await advisor.claim(number)
    for kind in ("drop", "paste"):
        await advisor.page.evaluate(GIVEN_BY, [kind, list(PNG)])
        await expect(advisor.now.get_by_role("button", name=f"Remove {kind}.png")).to_be_visible()
    await advisor.now.get_by_role("button", name="Remove drop.png").click()
    await advisor.box.press("Enter")
    await expect(advisor.now.locator("img.picture")).to_have_count(1)
    await expect(advisor.now.locator("img.picture")).to_have_attribute("alt", "paste.png")


async def test_a_file_that_is_none_is_refused_and_the_words_stay(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit(quiet=False)
    await advisor.claim(number)
    await advisor.box.fill("look at this")
    await advisor.now.locator("input[type=file]").set_input_files({"name": "run.exe", "mimeType": "image/png", "buffer": b"MZ\x90\x00"})
    await expect(advisor.toast("This kind of file cannot be sent")).to_be_visible()
    await expect(advisor.box).to_have_value("look at this")
    await expect(advisor.now.locator(".files button")).to_have_count(0)


# ---------------------------------------------------------------- signals


async def test_what_is_new_is_counted_until_it_is_seen(desk: DeskTown, sit: Sit) -> None:
    first = await asking(desk)
    second = await asking(desk, "701", locale="en")
    advisor = await sit()
    await advisor.claim(first)
    await advisor.reply("Hello")
    await advisor.claim(second)
    await expect(advisor.page).to_have_title(re.compile("^Desk"))
    desk.town.clock.turn(minutes=1)
    await desk.write("700", "مرحبا")
    await expect(advisor.page).to_have_title(re.compile(r"^\(1\) Desk"))
    await expect(advisor.row(first)).to_contain_text("new")
    await advisor.open(first)
    await expect(advisor.page).to_have_title(re.compile("^Desk"))
    await expect(advisor.row(first)).not_to_contain_text("new")
    await advisor.reload()
    await expect(advisor.row(first)).not_to_contain_text("new")


SHOWN = """() => {
  window.shown = [];
  window.Notification = class extends EventTarget {
    static permission = "granted";
    static requestPermission = async () => "granted";
    constructor(title, more) { super(); window.shown.push([title, more.body]); }
  };
}"""


HEARD = """() => {
  window.beeps = 0;
  const made = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    window.beeps += 1;
    return made.call(this);
  };
}"""


async def test_notifications_and_sound_are_off_until_wanted_and_say_nothing(desk: DeskTown, sit: Sit) -> None:
    advisor = await sit()
    await advisor.page.evaluate(SHOWN)
    await advisor.page.evaluate(HEARD)
    number = await asking(desk, priority="high")
    await expect(advisor.row(number)).to_be_visible()
    assert await advisor.page.evaluate("[window.shown, window.beeps]") == [[], 0]
    await advisor.menu("Settings")
    await advisor.dialog.get_by_label("Notifications of the browser, without any content").check()
    await advisor.page.keyboard.press("Escape")
    await advisor.page.evaluate("sessionStorage.removeItem('dragoman.desk.told')")
    await advisor.reload()
    await advisor.page.evaluate(SHOWN)
    canary = "canary-4711"
    await desk.town.settle_in("702", "ar")
    await desk.ask("702", canary, locale="ar", priority="high")
    await desk.town.desk.sweep()
    await advisor.page.wait_for_function("() => window.shown.length > 0")
    shown = await advisor.page.evaluate("JSON.stringify(window.shown)")
    assert "A case waits" in shown
    assert canary not in shown


# ---------------------------------------------------------------- what other people write


async def test_scripts_in_texts_and_names_are_plain_text(desk: DeskTown, sit: Sit) -> None:
    await desk.town.settle_in("700", "en")
    number = await desk.ask("700", SCRIPT, locale="en")
    advisor = await sit()

    def hostile(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        server.on_message(lambda message: route.send(renamed(message)))
        route.on_message(server.send)

    await advisor.page.route_web_socket(re.compile("/desk/socket"), hostile)
    await advisor.page.evaluate("window.alert = () => { document.title = 'hurt' }")
    await advisor.reload()
    await advisor.claim(number)
    await desk.write("700", SCRIPT)
    await expect(advisor.line("<script>alert(1)</script>")).to_have_count(2)
    await expect(advisor.row(number)).to_contain_text("<script>alert(1)</script>")
    await expect(advisor.now.locator(".bar h2")).to_contain_text("<script>alert(1)</script>")
    assert await advisor.page.locator(".desk script, .desk img, .desk iframe").count() == 0
    assert "hurt" not in await advisor.page.title()


def renamed(message: str | bytes) -> str:
    """Give every case a hostile name."""

    def rename(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: SCRIPT if key in ("pseudonym", "summary") else rename(each) for key, each in value.items()}
        return [rename(each) for each in value] if isinstance(value, list) else value

    return json.dumps(rename(json.loads(message)))


def translated(message: str | bytes) -> str:
    """Give every message of the contact a machine translation."""
    frame = json.loads(message)
    for line in frame.get("lines", ()) if frame["type"] == "lines" else ():
        if line["author"] == "contact":
            said = "".join(run["text"] for block in line["blocks"] for run in block["runs"])
            line |= {"original": {"text": said, "locale": "ar", "dir": "rtl"}, "is_translation": True, "locale": "en", "dir": "ltr"}
            line["blocks"] = [{"kind": "paragraph", "runs": [{"text": "The owner wants us to leave"}]}]
    return json.dumps(frame)


async def test_a_translation_stands_below_the_original_and_is_marked(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit()

    def between(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        server.on_message(lambda message: route.send(translated(message)))
        route.on_message(server.send)

    await advisor.page.route_web_socket(re.compile("/desk/socket"), between)
    await advisor.reload()
    await advisor.open(number)
    line = advisor.line(ARABIC)
    await expect(line.locator("[lang=ar]")).to_have_text(ARABIC)
    await expect(line.locator(".translated")).to_contain_text("machine translation")
    await expect(line.locator(".translated [lang=en]")).to_have_text("The owner wants us to leave")


async def test_every_message_runs_its_own_way(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit()
    await advisor.open(number)
    said = advisor.line(ARABIC).locator(f"p:has-text('{ARABIC}')")
    assert await said.evaluate("(node) => getComputedStyle(node).direction") == "rtl"
    assert await said.evaluate("(node) => node.closest('[lang]').lang") == "ar"
    assert await advisor.page.evaluate("getComputedStyle(document.querySelector('.thread')).direction") == "ltr"
    await advisor.page.goto(f"{desk.url}/desk?lang=ar#{number}")
    await advisor.loaded()
    await expect(advisor.page.locator("html")).to_have_attribute("dir", "rtl")
    await advisor.now.get_by_role("button", name="ar:Take the case").click()
    await advisor.reply("This is English")
    assert await advisor.line("This is English").locator(".words, p").last.evaluate("(node) => getComputedStyle(node).direction") == "ltr"
    assert await advisor.page.evaluate(SIDEWAYS) == [0, []]
    await advisor.page.goto(f"{desk.url}/desk")  # the choice is kept in this browser
    await expect(advisor.page.locator("html")).to_have_attribute("dir", "rtl")


# ---------------------------------------------------------------- the page itself


@pytest.mark.parametrize("size", [(360, 700), (320, 560)])
async def test_a_phone_shows_one_part_at_a_time_and_nothing_sideways(desk: DeskTown, sit: Sit, size: tuple[int, int]) -> None:
    number = await asking(desk, priority="high", facts=(("letter", "yes"),))
    advisor = await sit(size=size)
    panes = advisor.page.locator(".panes")
    await expect(panes.get_by_role("button", name="Queue")).to_contain_text("1")
    await expect(advisor.page.locator(".work")).to_be_hidden()
    assert await advisor.page.evaluate(SIDEWAYS) == [0, []]
    await advisor.claim(number)
    await advisor.reply("https://www.example.org/" + "a-very-long-address/" * 12)
    await expect(advisor.page.locator(".queue")).to_be_hidden()
    assert await advisor.page.evaluate(SIDEWAYS) == [0, []]
    assert await advisor.page.evaluate(SMALL) == []
    await expect(advisor.box).to_be_in_viewport(ratio=1)
    await panes.get_by_role("button", name="Help").click()
    await expect(advisor.page.locator(".help")).to_be_visible()
    await expect(advisor.page.locator("#answers .answer").first).to_be_visible()
    assert await advisor.page.evaluate(SIDEWAYS) == [0, []]
    assert await advisor.page.evaluate(SMALL) == []
    for name in ("Settings", "My logins", "Keyboard shortcuts"):
        await advisor.menu(name)
        assert await advisor.page.evaluate(SIDEWAYS) == [0, []]
        await advisor.page.keyboard.press("Escape")


IS_ON_TOP = """(node) => {
  const box = node.getBoundingClientRect();
  return node.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2));
}"""


# A phone on its side; a large screen enlarged four times
@pytest.mark.parametrize("size", [(640, 360), (320, 300)])
async def test_low_screens_keep_everything_in_reach(desk: DeskTown, sit: Sit, size: tuple[int, int]) -> None:
    number = await asking(desk, facts=(("letter", "yes"),))
    advisor = await sit(size=size)
    await advisor.claim(number)
    await advisor.reply("The newest words")
    assert await advisor.page.evaluate(SIDEWAYS) == [0, []]
    for part in (advisor.line("The newest words").locator(".said"), advisor.box):
        await part.scroll_into_view_if_needed()
        await expect(part).to_be_in_viewport(ratio=1)
        assert await part.evaluate(IS_ON_TOP)
    await advisor.press("Close the case")
    await advisor.dialog.get_by_role("button", name="Close the case").scroll_into_view_if_needed()
    await expect(advisor.dialog.get_by_role("button", name="Close the case")).to_be_in_viewport(ratio=1)


async def test_a_reload_keeps_the_place_and_what_was_typed(desk: DeskTown, sit: Sit) -> None:
    first, second = await asking(desk), await asking(desk, "701", locale="en")
    advisor = await sit()
    await advisor.claim(first)
    await advisor.box.fill("half a sentence")
    await advisor.claim(second)
    await advisor.box.fill("another half")
    await advisor.reload()
    await expect(advisor.page.locator(".tab")).to_have_count(2)
    await expect(advisor.thread(second)).to_be_visible()
    await expect(advisor.box).to_have_value("another half")
    await advisor.open(first)
    await expect(advisor.box).to_have_value("half a sentence")
    await advisor.menu("Log out")
    await expect(advisor.page.get_by_label("Your e-mail address")).to_be_visible()
    assert await advisor.page.evaluate("JSON.stringify({ ...sessionStorage })") == "{}"


async def test_what_is_sent_while_the_server_is_away_arrives_once(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit(quiet=False)
    await advisor.claim(number)
    await desk.stop()
    await expect(advisor.page.locator("#status")).to_contain_text("No connection")
    await advisor.box.fill("can you hear me")
    await advisor.box.press("Enter")
    await expect(advisor.line("can you hear me").locator(".state")).to_contain_text("Sending…")
    await expect(advisor.line("can you hear me")).to_contain_text("Not sent.", timeout=20_000)
    await expect(advisor.now.get_by_role("button", name="Send again")).to_be_visible()
    await desk.start()
    await expect(advisor.page.locator("#status")).to_be_hidden(timeout=20_000)
    await expect(advisor.now.locator(".line.waiting")).to_have_count(0)
    await until_given(desk, "can you hear me")
    await desk.town.settle()
    assert given(desk).count("can you hear me") == 1
    await expect(advisor.line("can you hear me")).to_have_count(1)


async def test_an_answer_that_got_lost_is_not_a_double(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit(quiet=False)
    await advisor.claim(number)
    lost = 0

    async def lose(route: Any) -> None:
        nonlocal lost
        lost += 1
        if lost == 1:
            await route.fetch()  # the server does it, but the page never hears
            await route.abort()
        else:
            await route.continue_()

    await advisor.page.route("**/desk/api/act*", lose)
    await advisor.reply("only once please")
    await advisor.page.wait_for_timeout(1500)
    assert lost == 2
    assert given(desk).count("only once please") == 1
    await expect(advisor.line("only once please")).to_have_count(1)


async def test_three_conversations_side_by_side(desk: DeskTown, sit: Sit) -> None:
    numbers = [await asking(desk, f"70{each}", locale="en") for each in range(3)]
    advisor = await sit(size=(1920, 1000))
    for number in numbers:
        await advisor.claim(number)
        await advisor.press("Keep beside others")
    await expect(advisor.page.locator(".thread:visible")).to_have_count(3)
    await advisor.thread(numbers[0]).locator("textarea").fill("to the first")
    await expect(advisor.now).to_have_attribute("data-number", str(numbers[0]))
    await advisor.box.press("Enter")
    await until_given(desk, "to the first", "700")
    assert "to the first" not in given(desk, "701") + given(desk, "702")
    await advisor.page.set_viewport_size({"width": 1280, "height": 800})
    await expect(advisor.page.locator(".thread:visible")).to_have_count(1)


# ---------------------------------------------------------------- keyboard and screen reader


async def test_everything_important_by_keyboard(desk: DeskTown, sit: Sit) -> None:
    first = await asking(desk, priority="high")
    second = await asking(desk, "701", locale="en")
    advisor = await sit()
    keys = advisor.page.keyboard
    await expect(advisor.part("waiting")).to_have_count(2)
    await keys.press("j")
    await expect(advisor.row(first)).to_be_focused()
    await keys.press("j")
    await expect(advisor.row(second)).to_be_focused()
    await keys.press("k")
    await keys.press("Enter")
    await expect(advisor.thread(first)).to_be_visible()
    await expect(advisor.now.get_by_role("button", name="Take the case")).to_be_visible()
    await keys.press("c")
    await expect(advisor.box).to_be_focused()
    await keys.type("jkcrne?/")  # letters are letters where one writes
    await expect(advisor.box).to_have_value("jkcrne?/")
    await expect(advisor.page.locator("dialog")).to_have_count(0)
    await keys.press("Shift+Enter")
    await keys.type("more")
    await expect(advisor.box).to_have_value("jkcrne?/\nmore")
    await keys.press("Control+Enter")
    await until_given(desk, "jkcrne?/\nmore")
    await advisor.now.locator(".bar h2").focus()
    await keys.press("n")
    await expect(advisor.now.get_by_label("Note for colleagues", exact=True)).to_be_checked()
    await advisor.now.locator(".bar h2").focus()
    await keys.press("r")
    await expect(advisor.now.get_by_label("Reply", exact=True)).to_be_checked()
    await advisor.now.locator(".bar h2").focus()
    await keys.press("/")
    await expect(advisor.page.locator("#search")).to_be_focused()
    await advisor.now.locator(".bar h2").focus()
    await keys.press("?")
    await expect(advisor.dialog).to_contain_text("Next case in the queue")
    await keys.press("e")  # a dialog is open
    await expect(advisor.page.locator("dialog")).to_have_count(1)
    await keys.press("Escape")
    await keys.press("e")
    await expect(advisor.dialog).to_contain_text("How did it end?")


async def test_shortcuts_can_be_switched_off_and_enter_can_be_a_new_line(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit()
    await advisor.claim(number)
    await advisor.menu("Settings")
    await advisor.dialog.get_by_label("Keyboard shortcuts with single letters").uncheck()
    await advisor.dialog.get_by_label("Enter sends (otherwise Ctrl+Enter)").uncheck()
    await advisor.page.keyboard.press("Escape")
    await advisor.now.locator(".bar h2").focus()
    await advisor.page.keyboard.press("?")
    await expect(advisor.page.locator("dialog")).to_have_count(0)
    await advisor.box.focus()
    await advisor.page.keyboard.type("one")
    await advisor.page.keyboard.press("Enter")
    await advisor.page.keyboard.type("two")
    await expect(advisor.box).to_have_value("one\ntwo")
    await advisor.page.keyboard.press("Control+Enter")
    await until_given(desk, "one\ntwo")


CONTROLS = {"button", "link", "textbox", "searchbox", "radio", "checkbox", "combobox", "log", "image", "DisclosureTriangle"}


async def names(page: Page) -> list[tuple[str, str]]:
    """Return role and name of everything one can act on, as assistive software gets it."""
    session = await page.context.new_cdp_session(page)
    tree: dict[str, list[dict[str, Any]]] = await session.send("Accessibility.getFullAXTree")
    heard = [node for node in tree["nodes"] if not node["ignored"]]
    named = [(node["role"]["value"], node.get("name", {}).get("value", "").strip()) for node in heard]
    return [(role, name) for role, name in named if role in CONTROLS]


async def test_every_control_has_a_name_and_new_messages_are_announced(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit(ANA)
    await advisor.claim(number)
    await advisor.reply("Hello")
    found = await names(advisor.page)
    assert len(found) > 15
    assert [role for role, name in found if not name] == []
    await expect(advisor.now.get_by_role("log")).to_have_attribute("aria-live", "polite")
    for name in ("Settings", "Team"):
        await advisor.menu(name)
        assert [role for role, label in await names(advisor.page) if not label] == []
        await advisor.page.keyboard.press("Escape")


CONTRAST = """() => {
  const seen = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const lin = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * lin(r) + 0.7152 * lin(g) + 0.0722 * lin(b);
  const behind = (node) => {
    for (let each = node; each; each = each.parentElement) {
      const [r, g, b, a = 1] = seen(getComputedStyle(each).backgroundColor);
      if (a > 0.5) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const weak = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility() || node.closest("script, .skip, [hidden]")) continue;
    const [one, two] = [light(seen(getComputedStyle(node).color)), light(behind(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05);
    if (ratio < 4.5) weak.push([node.className, node.textContent.slice(0, 30), ratio]);
  }
  return weak;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_can_be_read(desk: DeskTown, sit: Sit, scheme: str) -> None:
    first = await asking(desk, priority="high", facts=(("letter", "yes"),))
    second = await asking(desk, "701", locale="en")
    advisor = await sit(color_scheme=scheme)
    await advisor.claim(second)
    await advisor.reply("Hello")
    await advisor.now.get_by_label("Note for colleagues", exact=True).check()
    await advisor.reply("A note")
    await advisor.open(first)
    desk.town.clock.turn(minutes=1)
    await desk.write("701", "Thank you")
    await expect(advisor.row(second)).to_contain_text("new")
    assert await advisor.page.evaluate(CONTRAST) == []
    await advisor.open(second)
    assert await advisor.page.evaluate(CONTRAST) == []
    await advisor.press("Pass on")
    assert await advisor.page.evaluate(CONTRAST) == []


# ---------------------------------------------------------------- oneself, practice, the team


async def test_away_and_back(desk: DeskTown, sit: Sit) -> None:
    advisor = await sit()
    await advisor.page.locator("#duty").click()
    await advisor.dialog.get_by_label("I am away", exact=True).check()
    await advisor.done("Save")
    await expect(advisor.page.locator("#duty")).to_have_text("Away")
    number = await asking(desk)
    await desk.noticed()
    await expect(advisor.row(number)).not_to_contain_text("for you")
    await advisor.page.locator("#duty").click()
    await advisor.dialog.get_by_label("I am here").check()
    await advisor.done("Save")
    await expect(advisor.page.locator("#duty")).to_have_text("On duty")


async def test_a_login_of_another_device_is_ended(desk: DeskTown, sit: Sit) -> None:
    advisor = await sit()
    await advisor.menu("My logins")
    await expect(advisor.dialog.locator("li")).to_have_count(1)
    await expect(advisor.dialog.locator("li")).to_contain_text("this one")
    await advisor.dialog.get_by_role("button", name="End", exact=True).click()
    await expect(advisor.page.get_by_label("Your e-mail address")).to_be_visible()


async def test_how_to_be_woken(desk: DeskTown, sit: Sit) -> None:
    advisor = await sit()
    await advisor.menu("Settings")
    await advisor.dialog.get_by_label("E-mail", exact=True).check()
    await advisor.dialog.get_by_label("Your e-mail address").fill("lucia@example.org")
    await advisor.dialog.get_by_role("button", name="Save").click()
    await expect(advisor.toast("Saved.")).to_be_visible()
    team = await desk.town.store.desk.team()
    assert [(staff.wake_by, staff.has_email) for staff in team] == [("email", True)]


async def test_practice_touches_nobody(desk: DeskTown, sit: Sit) -> None:
    advisor, other = await sit(), await sit(MARCO)
    await advisor.page.get_by_role("button", name="Practise").click()
    await advisor.dialog.get_by_label("Language of the simulated person").select_option("es")
    await advisor.done("Begin")
    await expect(advisor.now.locator(".bar h2")).to_contain_text("practice")
    await expect(other.part("waiting")).to_have_count(0)


async def test_a_lead_invites_and_removes(desk: DeskTown, sit: Sit) -> None:
    lead = await sit(ANA)
    await lead.menu("Team")
    await lead.dialog.get_by_role("button", name="Invite somebody").click()
    await lead.dialog.get_by_label("Name", exact=True).fill(SCRIPT[:60])
    await lead.dialog.locator("select[name=role]").select_option("interpreter")
    languages = lead.dialog.locator("input[name=language]")
    for said in ("Wolof", "ar"):
        await languages.fill(said)
        await languages.press("Enter")
    await expect(lead.dialog.get_by_role("button", name="Remove العربية")).to_be_visible()
    await lead.dialog.get_by_role("button", name="Make the invite").click()
    link = await lead.dialog.locator("input[name=copy]").first.input_value()
    newcomer = await sit(None)
    await newcomer.page.goto(link)
    await newcomer.page.get_by_role("button", name="Log in").click()
    await newcomer.loaded()
    await expect(newcomer.page.locator("#about-me")).to_contain_text("<script>")
    for _ in range(2):
        await lead.page.keyboard.press("Escape")
    await lead.menu("Team")
    row = lead.dialog.locator("li").filter(has_text="Interpreter")
    await row.get_by_role("button", name="Remove").click()
    await lead.done("Remove")
    await expect(newcomer.page.get_by_label("Your e-mail address")).to_be_visible()  # their page ends at once


async def test_an_admin_reads_who_did_what_but_not_what_was_said(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    advisor = await sit()
    await advisor.claim(number)
    await advisor.reply("canary-0815")
    admin = await sit(Profile("Root", "admin", "madrid"))
    await admin.menu("Audit")
    await expect(admin.dialog.locator("tbody tr").filter(has_text="Lucía").first).to_be_visible()
    await expect(admin.dialog).not_to_contain_text("canary-0815")
    await expect(advisor.page.locator("[data-deed=audit]")).to_be_hidden()


async def test_figures_by_language_and_topic(desk: DeskTown, sit: Sit) -> None:
    number = await asking(desk)
    lead, admin = await sit(ANA), await sit(Profile("Root", "admin", "madrid"))
    await lead.claim(number)
    desk.town.clock.turn(minutes=3)
    await lead.reply("Hello")
    await lead.menu("Figures")
    await expect(lead.dialog).to_contain_text("Nothing has been counted yet.")  # of fewer than five
    await admin.menu("Figures")
    row = admin.dialog.locator("tbody tr")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("العربية")
    await expect(row).to_contain_text("3 min")


KEY_CALLS = "text|button|iconButton|field|ask|sheet|choices|withNodes|tell|copyRow|say|table"
KEY_FAMILIES = r"^(about|error|outcome|kind|role|way|pass_to|duty|by|key|helped|setting|figure|part)_"


async def test_every_text_of_the_page_is_there_and_used() -> None:
    code = "".join(path.read_text() for path in STATIC.glob("desk*.js"))
    pages = "".join(path.read_text() for path in (STATIC.parent / "templates").glob("desk*.html"))
    asked = set(re.findall(rf'\b(?:{KEY_CALLS})\("([a-z_]+)"', code)) | set(re.findall(r"texts\.([a-z_]+)", pages)) - {"js"}
    assert asked - set(DESK_TEXTS) - set(SHARED_TEXTS) == set()
    named = set(re.findall(r'"([a-z_]+)"', code)) | set(re.findall(r"'([a-z_]+)'", pages)) | asked
    assert [key for key in DESK_TEXTS if key not in named and not re.match(KEY_FAMILIES, key)] == []


async def test_the_code_of_the_page_stays_small() -> None:
    files = {path.name: path.read_text() for path in STATIC.glob("desk*.js")}
    assert max(text.count("\n") for text in files.values()) < 300
    assert sum(len(text.encode()) for text in files.values()) < 105_000


async def test_an_admin_looks_at_questions_without_an_answer(desk: DeskTown, sit: Sit) -> None:
    (contact_id,) = await desk.town.store.accept(
        [Incoming(ContactRef("telegram", "700"), "kept", TextReceived(text="hello", at=desk.town.clock()))]
    )
    texts = (*(f"exchange my driving licence {word}" for word in ("here", "now", "please", "soon", "again", "today")), SCRIPT)
    tapped = tuple(KeepQuestion("madrid", "en", text, "none") for text in texts)
    await desk.town.store.handle(contact_id, lambda snapshot, find_button: Decision(snapshot.conversation, (), casework=tapped))

    async def grow(city: str, locale: str, texts: Sequence[str], entry_id: str) -> int:
        return len(texts)

    desk.town.desk._gaps._grow = grow
    admin = await sit(Profile("Root", "admin", "madrid"), size=(320, 640))
    await admin.menu("Questions without an answer")
    rows = admin.dialog.locator(".rows-of > li")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("6 · English")
    await expect(rows.nth(1)).to_contain_text("<script>")
    assert await admin.page.evaluate(SIDEWAYS) == [0, []]
    await rows.nth(1).get_by_role("button", name="Dismiss").click()
    await expect(rows).to_have_count(1)
    await rows.first.get_by_role("button", name="Add to an answer").click()
    await admin.page.get_by_role("button", name="Add the questions").click()
    await expect(admin.toast("New questions in the file: 6")).to_be_visible()
    await expect(admin.dialog).to_contain_text("There are no such questions now.")
    lead = await sit(ANA)
    await lead.menu("Questions without an answer")
    await expect(lead.dialog).to_contain_text("There are no such questions now.")

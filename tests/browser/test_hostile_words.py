"""Over 200 texts that are scripts, on every surface that shows what somebody wrote, in Chromium: each stays the text it is.

What would run is noticed by what it calls, by dialogs, by reports of the security policy, by requests to elsewhere and by elements that no
page of ours has. A test of its own shows that the texts do run where they are read as HTML."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from bot.cases import AddNote, Attachment, Claim, Profile, Reply, ReportEntry
from bot.i18n import language_name
from bot.model import (
    AddToCase,
    ContactRef,
    Document,
    FactTable,
    Heading,
    KeepQuestion,
    Knowledge,
    Listing,
    Message,
    Note,
    Option,
    Paragraph,
    Run,
    Venue,
)
from bot.poster import PosterPages
from bot.store import Decision, FindButton, Snapshot
from tests.browser.advisors import LUCIA, Advisor
from tests.browser.visitors import PATIENCE_MS
from tests.channels.desk_server import desk_town
from tests.channels.hosts import served as routes_served
from tests.channels.web_server import EchoHost
from tests.channels.web_server import served as chat_served
from tests.security.scripts import payloads
from tests.whole import brain, catalogues

PAYLOADS = payloads()
TOGETHER = 10  # payloads in one message where each costs a turn
WATCH = """
window.__found = [];
for (const name of ["alert", "confirm", "prompt", "print", "hurt"]) window[name] = () => { window.__found.push(name); };
document.addEventListener("securitypolicyviolation", (event) => window.__found.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
# Elements and attributes that none of our pages has, and links that go where no link of ours goes.
STRANGE = """[...document.querySelectorAll("*")].filter((node) =>
  [...node.attributes].some((each) => /^on|^srcdoc$|^formaction$/i.test(each.name)
    || (each.name === "style" && /url|expression|animation/.test(each.value)))
  || /^(iframe|object|embed|base|marquee|portal|math|foreignobject|animate|set|image|frame|applet)$/i.test(node.tagName)
  || (node.tagName === "SCRIPT" && !node.src.startsWith(location.origin))
  || (node.tagName === "IMG" && !node.src.startsWith(location.origin))
  || /^(javascript|data|vbscript|file)/i.test((node.getAttribute("href") ?? "").replace(/[^a-z]/gi, ""))
).map((node) => node.outerHTML.slice(0, 200))"""
SHOW_MORE = (
    "[...document.querySelectorAll('dialog button')].filter((each) => each.textContent === 'Show more').forEach((each) => each.click())"
)
Watched = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def watched(chromium: Browser) -> AsyncIterator[Watched]:
    """Opens pages on which nothing may run, ask, be reported or be fetched from elsewhere; checked at the end of the test."""
    faults: list[str] = []
    pages: list[Page] = []
    contexts: list[BrowserContext] = []

    async def open_page(url: str) -> Page:
        context = await chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        await context.add_init_script(WATCH)
        page = await context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(f"dialog {dialog.type}"))
        page.on("request", lambda request: None if is_ours(request.url, url) else faults.append(f"request {request.url[:100]}"))
        pages.append(page)
        await page.goto(url)
        return page

    yield open_page
    for page in pages:
        faults += await page.evaluate("window.__found")
        faults += await page.evaluate(STRANGE)
        assert not page.is_closed()
    for context in contexts:
        await context.close()
    assert faults == []


def is_ours(requested: str, url: str) -> bool:
    return requested.startswith((url.split("/", 3)[0] + "//" + url.split("/", 3)[2], "blob:", "data:image/"))


def shown(text: str) -> str:
    """Reduce a text to what a page shows of it: no control characters, and space as it comes."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+", "", text)


async def missing(page: Page, selector: str) -> list[str]:
    """Return the payloads that are not on the page as text."""
    found = shown(await page.evaluate("(selector) => document.querySelector(selector).textContent", selector))
    return [payload for payload in PAYLOADS if shown(payload) not in found]


async def test_there_are_enough_of_them() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 200


async def test_the_texts_run_where_they_are_read_as_html(chromium: Browser) -> None:
    """What the others could not show: that this corpus and this watch notice something."""
    context = await chromium.new_context()
    await context.add_init_script(WATCH)
    page = await context.new_page()
    await page.goto("data:text/html,<body>")
    await page.evaluate(
        "(all) => { for (const each of all) document.body.append(document.createRange().createContextualFragment(each)); }", PAYLOADS
    )
    await page.wait_for_function("window.__found.filter((each) => each === 'hurt').length > 20")
    assert len(await page.evaluate(STRANGE)) > 50
    await context.close()


# ---------------------------------------------------------------- web chat


def everywhere(text: str, author: Any) -> Message:
    """Put a text into every place that a message has."""
    runs = (Run(text), Run(text, bold=True, isolate=True), Run(text, url=text))
    blocks = (Heading((Run(text),)), Paragraph(runs), Listing((runs,)), FactTable(((text, runs),)), Note(runs))
    return Message(
        locale="en",
        blocks=blocks,
        author=author,
        author_name=text,
        options=(Option("a", text), Option("b", text, url=text)),
        venues=(Venue(text, text, 1.0, 2.0),),
        document=Document(text, "text/html", text),
        original=text if author == "translation" else "",
        original_locale="ar" if author == "translation" else "",
        attachment=Attachment("document", "store:1", text, "text/html", 5),
    )


async def test_web_chat(watched: Watched) -> None:
    async with chat_served(EchoHost()) as server:
        page = await watched(server.url)
        for begin in range(0, len(PAYLOADS), TOGETHER):  # what one writes oneself, live
            await page.fill("#text", "\n".join(PAYLOADS[begin : begin + TOGETHER]))
            await page.press("#text", "Enter")
        await expect(page.locator("#log .mine")).to_have_count(-(-len(PAYLOADS) // TOGETHER))
        await expect(page.locator("#log .mine [data-text=sending]")).to_have_count(0)
        assert await missing(page, "#log") == []
        contact = server.host.accepted[-1].contact
        server.host.histories[contact] = []
        for payload in PAYLOADS:
            for message in (
                Message(
                    "en", (Paragraph((Run(payload),)),), author="contact", attachment=Attachment("voice", "store:1", payload, payload, 1)
                ),
                everywhere(payload, "person"),
                everywhere(payload, "translation"),
            ):
                server.host._keep(contact, message)
        await page.reload()
        await page.wait_for_selector("#log[aria-busy=false]")
        await expect(page.locator("#log .mine")).to_have_count(len(PAYLOADS))
        for place in (".said", ".original", ".who", ".venue", ".choices"):
            texts = shown(" ".join(await page.locator(f"#log {place}").all_text_contents()))
            assert [payload for payload in PAYLOADS if shown(payload) not in texts] == [], place


# ---------------------------------------------------------------- the desk


def crowded(message: str | bytes) -> str:
    """Make of each case of the board as many as there are payloads, each with one of them wherever a name or a text stands."""
    frame = json.loads(message)
    if frame["type"] != "board" or not frame["cases"]:
        return json.dumps(frame)
    row = frame["cases"][0]
    cases = [{**renamed(row, payload), "number": 10_000 + number, "state": "waiting"} for number, payload in enumerate(PAYLOADS)]
    numbers = [case["number"] for case in cases]
    order = {**frame["order"], "waiting": [*frame["order"]["waiting"], *numbers], "places": [*frame["order"]["places"], *numbers]}
    return json.dumps({**frame, "cases": [*frame["cases"], *cases], "order": order})


def renamed(value: Any, payload: str, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: renamed(each, payload, name) for name, each in value.items()}
    return payload if isinstance(value, str) and key in ("pseudonym", "summary", "name", "advisor_name") else value


async def test_the_desk(watched: Watched, tmp_path: Path) -> None:
    """The queue, a conversation with translations, files, notes and answers, the team, reports, questions without an answer, the audit."""
    async with desk_town(tmp_path) as desk:
        town = desk.town
        await town.settle_in("700", "en")
        number = await desk.ask("700", "hello", locale="en")
        contact_id = await town.store.find(ContactRef("telegram", "700"))
        assert contact_id is not None
        says = tuple(
            AddToCase(number, payload, payload, "en", Attachment("document", "telegram:1", payload, "text/html", 1)) for payload in PAYLOADS
        )
        asks = tuple(KeepQuestion("madrid", "en", payload, "none") for payload in PAYLOADS)

        def decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
            return Decision(snapshot.conversation, (), casework=(*says, *asks))

        await town.store.handle(contact_id, decide)
        lucia = await town.hire(LUCIA)
        staff = [await town.store.desk.invite(Profile(payload, "advisor", "madrid", languages=("en",))) for payload in PAYLOADS]
        for code, _staff_id in staff:
            await town.store.desk.redeem(code)
        await town.act(lucia, number, Claim())
        for begin in range(0, len(PAYLOADS), TOGETHER):
            together = "\n".join(PAYLOADS[begin : begin + TOGETHER])
            for deed in (Reply(together), AddNote(together), ReportEntry("housing.rent", together)):
                await town.act(lucia, number, deed)
        await desk.noticed()
        page = await watched(f"{desk.url}/desk/join")

        def crowd(route: WebSocketRoute) -> None:
            server = route.connect_to_server()
            server.on_message(lambda message: route.send(crowded(message)))
            route.on_message(server.send)

        await page.route_web_socket(re.compile("/desk/socket"), crowd)
        advisor = Advisor(page, desk.url)
        await page.goto("about:blank")
        await advisor.enter(await desk.code(Profile(PAYLOADS[0], "admin", "")))
        await expect(page.locator('.part[data-part="waiting"] .case')).to_have_count(len(PAYLOADS))
        assert await missing(page, '.part[data-part="waiting"]') == []
        await page.locator('.part[data-part="others"] summary').click()
        await advisor.open(number)
        assert await missing(page, ".thread.active") == []
        for kind in (".contact .said", ".contact .attachment", ".ours.person .said", ".note-in .said"):
            texts = shown(" ".join(await page.locator(f".thread.active {kind}").all_text_contents()))
            assert [payload for payload in PAYLOADS if shown(payload) not in texts] == [], kind
        for menu in ("Team", "Reports on answers", "Questions without an answer", "Audit"):
            await advisor.menu(menu)
            await page.evaluate(SHOW_MORE)
            if menu != "Audit":
                assert await missing(page, "dialog[open]") == [], menu
            await page.keyboard.press("Escape")
            await expect(page.locator("dialog[open]")).to_have_count(0)


# ---------------------------------------------------------------- posters


async def test_posters(watched: Watched) -> None:
    """Also without the security policy, which this small server does not send."""
    known = brain().knowledge
    madrid = known.cities["madrid"]
    entry = madrid.entries["egov.nie"]
    title = " ".join(PAYLOADS)
    words = {locale: replace(each, title=title) for locale, each in entry.words.items()}
    city = replace(madrid, names=dict.fromkeys(madrid.languages, title), entries={entry.id: replace(entry, words=words)})
    pages = PosterPages(
        lambda: replace(known, cities={"madrid": city}) if isinstance(known, Knowledge) else known,
        catalogues().translator,
        language_name,
        public_url="https://chat.example.org",
        bot_name=lambda: "x",
        whatsapp_number=lambda: "34600000123",
        service_name=title,
    )
    async with routes_served(pages.routes()) as url:
        page = await watched(f"{url}/poster/madrid/egov/nie?lang=es")
        assert await missing(page, "article h1") == []
        assert await missing(page, "article .city") == []
        assert await missing(page, "article .source") == []

"""The chat page in Chromium: what people see and do."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bot.model import ButtonPressed, CommandReceived, LocationShared
from tests.browser.conftest import FLAGS, OpenPage, chromium_path
from tests.browser.scenes import HOSTILE
from tests.channels.web_server import Served

WIDTH = "[document.documentElement.scrollWidth, document.querySelector('#log').scrollWidth, document.querySelector('#log').clientWidth]"


async def say(page: Page, text: str) -> None:
    """Write and send a text, and wait for what follows."""
    before = await page.locator(".entry:not(.mine)").count()
    await page.fill("#text", text)
    await page.press("#text", "Enter")
    await expect(page.locator(".entry:not(.mine)")).not_to_have_count(before)
    await expect(page.locator(".typing")).to_have_count(0)


async def test_it_greets_once_and_answers(open_page: OpenPage, chat: Served) -> None:
    page = await open_page()
    await expect(page.locator(".msg").first).to_contain_text("¡Hola! Soy Dragoman")
    await say(page, "padron")
    answer = page.locator("article").last
    await expect(answer.locator("h2")).to_have_text("Empadronarse: registrar tu dirección")
    await expect(answer.locator(".who")).to_contain_text("Dragoman · bot")
    await expect(answer.locator("dl.facts dt")).to_have_count(4)
    await expect(answer.locator("ol li")).to_have_count(3)
    await expect(answer.locator("a").first).to_have_attribute("rel", "noopener noreferrer")
    await expect(answer.locator("a[href='tel:010']")).not_to_have_attribute("target", "_blank")
    await expect(page.locator(".venue a")).to_have_attribute(
        "href", "https://www.openstreetmap.org/?mlat=40.3459&mlon=-3.8249#map=18/40.3459/-3.8249"
    )
    assert [item.event.name for item in chat.host.accepted if isinstance(item.event, CommandReceived)] == ["start"]


async def test_enter_sends_and_shift_enter_writes_a_line(open_page: OpenPage, chat: Served) -> None:
    page = await open_page()
    await page.focus("#text")
    await page.keyboard.type("uno")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("dos")
    assert chat.host.texts() == []
    await page.keyboard.press("Enter")
    await expect(page.locator("article").last).to_contain_text("echo: uno")
    assert chat.host.texts() == ["uno\ndos"]
    await expect(page.locator("#text")).to_have_value("")
    await expect(page.locator("#text")).to_be_focused()


async def test_buttons_answer_and_grow_quiet(open_page: OpenPage, chat: Served) -> None:
    page = await open_page()
    await say(page, "padron")
    await page.get_by_role("button", name="Tarjeta sanitaria").click()
    await expect(page.locator("article").last).to_contain_text("pressed 2")
    event = chat.host.accepted[-1].event
    assert isinstance(event, ButtonPressed)
    await expect(page.locator(".mine").last).to_contain_text("Tarjeta sanitaria")
    await expect(page.locator(".entry.past .actions .chosen")).to_have_text("Tarjeta sanitaria")
    await expect(page.locator(".entry").last).not_to_have_class("past")
    await page.get_by_role("button", name="Paso a paso (4)").click()  # an old button still works
    await expect(page.locator("article").last).to_contain_text("pressed 0")


async def test_header_commands(open_page: OpenPage, chat: Served) -> None:
    page = await open_page()
    await page.click("#person")
    await expect(page.locator("article").last).to_contain_text("command human")
    await page.click("#language")
    await expect(page.locator("article").last).to_contain_text("command language")
    await page.click(".menu summary")
    await page.get_by_role("button", name="My data", exact=True).click()
    await expect(page.locator("article").last).to_contain_text("command mydata")
    await expect(page.locator(".sheet")).to_be_hidden()


async def test_arabic_runs_from_right_to_left(open_page: OpenPage) -> None:
    page = await open_page()
    await expect(page.locator("html")).to_have_attribute("dir", "ltr")
    await say(page, "عنوان")
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    await expect(page.locator("html")).to_have_attribute("lang", "ar")
    await expect(page.locator("[data-name]")).to_have_text("العربية")
    said = page.locator("article .said").last
    await expect(said).to_have_attribute("dir", "rtl")
    await expect(said.locator("bdi.number").first).to_have_text("+34 914 800 010")
    log, bubble = await page.locator("#log").bounding_box(), await page.locator("article").last.bounding_box()
    assert log is not None
    assert bubble is not None
    assert bubble["x"] + bubble["width"] > log["x"] + log["width"] - 30  # it stands at the right edge
    await expect(page.locator("article .said").first).to_have_attribute("dir", "ltr")  # the Spanish greeting keeps its own way


async def test_a_crisis_looks_and_sounds_different(open_page: OpenPage) -> None:
    page = await open_page(locale="ar")
    await say(page, "زوجي يضربني")
    await expect(page.get_by_role("alert").locator("a[href='tel:112']")).to_be_visible()


async def test_a_person_is_named_as_one(open_page: OpenPage) -> None:
    page = await open_page()
    await say(page, "lucia")
    await expect(page.locator("article.person .who")).to_contain_text("Lucía · person")


async def test_hostile_text_is_shown_as_text(open_page: OpenPage) -> None:
    page = await open_page(locale="en")
    await say(page, HOSTILE)
    await say(page, "hostile")
    await expect(page.locator("article h2").last).to_have_text(HOSTILE)
    await expect(page.locator(".mine").first).to_contain_text(HOSTILE)
    assert await page.locator("#log img, #log script, #log b").count() == 0
    assert await page.evaluate("[...document.querySelectorAll('#log a')].filter((a) => !/^https:/.test(a.href)).length") == 0
    assert await page.title() == "Dragoman"


@pytest.mark.parametrize("locale", ["es-ES", "ar-MA"])
async def test_nothing_scrolls_sideways_at_320_pixels(open_page: OpenPage, locale: str) -> None:
    page = await open_page(width=320, height=640, locale=locale)
    for text in ("padron", "عنوان", "زوجي يضربني", "hostile", "where", "data", "wide", "y" * 400):
        await say(page, text)
    document, log, room = await page.evaluate(WIDTH)
    assert document <= 320
    assert log <= room
    for control in await page.locator("button:visible, a.pill:visible, summary:visible").all():
        box = await control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 40
        assert box["x"] >= -1
        assert box["x"] + box["width"] <= 321


async def test_keyboard_only(open_page: OpenPage, chat: Served) -> None:
    page = await open_page()
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await expect(page.locator(".skip")).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("#text")).to_be_focused()
    await page.keyboard.type("padron")
    await page.keyboard.press("Enter")
    await expect(page.locator(".venue")).to_be_visible()
    await page.keyboard.press("Shift+Tab")  # from the box back into the newest message
    await expect(page.get_by_role("button", name="Hablar con una persona")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("article").last).to_contain_text("pressed 6")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Más")).to_be_focused()  # what is new follows what was pressed
    await page.focus("#language")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.locator(".sheet button").first).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator(".sheet")).to_be_hidden()
    await expect(page.locator(".menu summary")).to_be_focused()
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"


async def test_everything_has_a_name_and_the_log_is_live(open_page: OpenPage) -> None:
    page = await open_page()
    await say(page, "padron")
    nameless = """[...document.querySelectorAll('button, a, textarea, summary')].filter((node) =>
        !(node.textContent.trim() || node.getAttribute('aria-label') || document.querySelector(`label[for="${node.id}"]`))).length"""
    assert await page.evaluate(nameless) == 0
    await expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")
    await expect(page.get_by_role("textbox", name="Your message")).to_be_visible()


async def test_a_long_answer_is_read_from_its_beginning(open_page: OpenPage) -> None:
    page = await open_page()
    await say(page, "padron")
    await say(page, "long")
    await page.wait_for_timeout(600)
    await expect(page.locator(".mine").last).to_be_in_viewport()
    await expect(page.locator("article .who").last).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_contrast_is_enough_in_both_themes(open_page: OpenPage, scheme: str) -> None:
    page = await open_page(color_scheme=scheme)
    for text in ("padron", "زوجي يضربني", "lucia"):
        await say(page, text)
    contrasts: dict[str, float] = await page.evaluate(CONTRASTS)
    assert len(contrasts) >= 9
    assert {name: ratio for name, ratio in contrasts.items() if ratio < 4.5} == {}
    dark = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark == ("rgb(15, 29, 29)" if scheme == "dark" else "rgb(247, 243, 234)")


CONTRASTS = """(() => {
  const colour = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const found = colour(getComputedStyle(node).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
  };
  const parts = ['.msg p', '.note', '.who', '.facts dt', '.said a', '.alert h2', '.alert a', '.person .who', '.mine p', '.venue span',
    '#text', '.pill', '.pill.main', '.pill.person', '.past .pill', '.row', '.past .row', '.votes .pill'];
  const ratios = {};
  for (const part of parts) for (const node of document.querySelectorAll(part)) {
    const [a, b] = [light(colour(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
    ratios[part] = Math.min(ratios[part] ?? 99, (a + 0.05) / (b + 0.05));
  }
  return ratios;
})()"""


async def test_paper_shows_the_answer_and_nothing_else(open_page: OpenPage) -> None:
    page = await open_page(color_scheme="dark")
    await say(page, "algo privado")
    await say(page, "padron")
    await page.emulate_media(media="print")
    for hidden in (".bar", ".compose", ".actions", ".mine", ".who time"):
        await expect(page.locator(hidden).last).to_be_hidden()
    await expect(page.locator("dl.facts")).to_be_visible()
    assert "privado" not in await page.inner_text("body")  # what was said before stays off the paper
    assert await page.evaluate("getComputedStyle(document.querySelector('dl.facts')).color") == "rgb(0, 0, 0)"  # black ink, always


async def test_nobody_else_is_asked_for_anything(open_page: OpenPage, chat: Served, chromium: Browser) -> None:
    page = await open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.reload()
    await page.wait_for_selector("#log[aria-busy=false] .entry")
    await say(page, "padron")
    assert len(asked) >= 8
    assert [url for url in asked if not url.startswith(chat.url)] == []


async def test_a_shared_place_arrives(open_page: OpenPage, chat: Served) -> None:
    page = await open_page(geolocation={"latitude": 40.35, "longitude": -3.82}, permissions=["geolocation"])
    await say(page, "where")
    await page.get_by_role("button", name="Share where I am").click()
    await expect(page.locator("article").last).to_contain_text("at 40.35 -3.82")
    assert isinstance(chat.host.accepted[-1].event, LocationShared)


async def test_a_place_that_is_not_shared_is_no_dead_end(open_page: OpenPage) -> None:
    page = await open_page(permissions=[])
    await say(page, "where")
    await page.get_by_role("button", name="Share where I am").click()
    await expect(page.locator(".aside")).to_contain_text("write the name of your city")


async def test_a_document_can_be_saved(open_page: OpenPage, tmp_path: Path) -> None:
    page = await open_page()
    await say(page, "data")
    async with page.expect_download() as started:
        await page.get_by_role("link", name="Save datos.txt").click()
    download = await started.value
    await download.save_as(tmp_path / "saved")
    assert download.suggested_filename == "datos.txt"
    assert (tmp_path / "saved").read_text() == "todo: ñ"


VOICES = """(() => {
  const voices = [
    { lang: "es-ES", name: "far away", localService: false },
    { lang: "es_MX", name: "of the device", localService: true },
    { lang: "ar", name: "far away", localService: false },
  ];
  window.spoken = [];
  speechSynthesis.getVoices = () => voices;
  speechSynthesis.speak = (utterance) => window.spoken.push([utterance.voice.name, utterance.text]);
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
})()"""


async def test_reading_aloud_uses_voices_of_the_device_only(open_page: OpenPage) -> None:
    page = await open_page()
    await say(page, "lucia")
    await expect(page.locator(".speak").last).to_be_hidden()  # this machine has no voices
    await page.context.add_init_script(VOICES)  # a device with one voice of its own
    await page.reload()
    await page.wait_for_selector("#log[aria-busy=false] .entry")
    await page.get_by_role("button", name="Read aloud").last.click()
    (spoken,) = await page.evaluate("window.spoken")
    assert spoken[0] == "of the device"
    assert spoken[1].startswith("Hola, soy Lucía.")
    await page.get_by_role("button", name="Stop reading").click()
    await say(page, "عنوان")
    await expect(page.locator(".speak").last).to_be_hidden()  # the only Arabic voice is somebody else's computer


async def test_without_javascript_it_says_so_and_names_112(chromium: Browser, chat: Served) -> None:
    flags = [*FLAGS, "--blink-settings=scriptEnabled=false"]
    browser = await chromium.browser_type.launch(executable_path=chromium_path(), args=flags)
    page = await browser.new_page(viewport={"width": 420, "height": 900})
    await page.goto(chat.url)
    await expect(page.locator("noscript p")).to_have_count(3)
    for line in await page.locator("noscript p").all():
        await expect(line).to_be_in_viewport()
        assert "112" in (await line.text_content() or "")
    await browser.close()


async def test_a_link_opens_what_it_names_once(open_page: OpenPage, chat: Served) -> None:
    page = await open_page("/?start=e_madrid_egov_nie")
    await expect(page.locator("article").last).to_contain_text("start e_madrid_egov_nie")
    assert page.url == chat.url + "/"
    await page.reload()
    await page.wait_for_selector("#log[aria-busy=false] .entry")
    assert len(chat.host.accepted) == 1

"""A running installation moves from SQLite to PostgreSQL: all of it, or nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from bot.cases import AddNote, Claim, Close, Reply
from bot.errors import StoreError, StoreLocked, WrongKey
from bot.store import Store, open_store
from bot.store.moving import move
from tests.store.cases import AMINA, BORIS, SECRET, Clock, open_folder, saying, snapshot_of, wrote
from tests.store.desks import GROUP, LEAD, do, join, member, open_case, turn

ROOT = Path(__file__).parents[2]


async def _filled(folder: Path, clock: Clock) -> list[int]:
    """Fill a store with what a city has after a while; returns the numbers of its cases, of which the last is erased."""
    store = await open_folder(folder, clock)
    staff, lead = await join(store), await join(store, LEAD)
    await store.desk.open_session(staff.id, "Firefox")
    one, two = await open_case(store, AMINA, "my landlord"), await open_case(store, BORIS, "my papers")
    await do(store, staff, one.number, Claim())
    await do(store, staff, one.number, Reply("come on Monday"))
    await do(store, staff, one.number, AddNote("call them"))
    await do(store, staff, two.number, Claim())
    await do(store, staff, two.number, Close("solved"))
    await store.desk.link_group(GROUP, await store.desk.link_code("madrid"))
    await store.desk.note(lead.id, "looked", one.number)
    await store.desk.add_file(one.number, b"a picture")
    await turn(store, AMINA, text="thank you \0", counts=(("madrid", "egov.nie", "es", "answered"),))
    three = await open_case(store, wrote(BORIS, "x").contact, "again")
    contact_id = await turn(store, BORIS, text="forget me", erase=True)
    assert await store.find(BORIS) is None
    assert contact_id
    await store.accept([wrote(AMINA, "still waiting", "one more thing")])
    await store.close()
    return [one.number, two.number, three.number]


async def _everything(store: Store, numbers: list[int]) -> list[object]:
    contact_id = await store.find(AMINA)
    assert contact_id is not None
    found: list[object] = [await snapshot_of(store, contact_id), await store.history(contact_id), await store.figures()]
    found += [await store.counters(), await store.daily_counters(), await store.desk.team(), await store.desk.groups()]
    for number in numbers:
        found += [await store.desk.case(number), await store.desk.lines(number)]
    return [*found, await store.desk.audit(), await store.desk.case_figures(), await store.waiting(10)]


async def test_everything_is_the_same_afterwards_and_goes_on(tmp_path: Path, url: str) -> None:
    clock = Clock()
    numbers = await _filled(tmp_path, clock)
    store = await open_folder(tmp_path, clock)
    before = await _everything(store, numbers)
    await store.close()
    counts = await move(tmp_path / "dragoman.db", url, data_dir=tmp_path, secret=SECRET, clock=clock)
    assert counts["cases"] == 1
    assert counts["keys: keys"] == counts["contacts"] + counts["staff"] + counts["cases"]
    assert counts["keys: tombstones"] == 3  # who was erased, and their two cases
    store = await open_store(url, data_dir=tmp_path, secret=SECRET, clock=clock)
    assert await _everything(store, numbers) == before
    assert await store.desk.verify_audit() is None
    assert (await store.look_through()).is_well
    assert counts["audit"] == len(await store.desk.audit()) > 0
    case = await open_case(store, BORIS)
    assert case.number == max(numbers) + 1, "no number is given twice"
    (staff, *_) = await store.desk.team()
    assert (await member(store, staff.id)).profile == staff.profile
    contact_id = (await store.waiting(10))[0]
    assert (await store.handle(contact_id, saying("goes on"))).deliveries
    assert (await store.desk.file((await _files(url))[0])) == (numbers[0], b"a picture")
    await store.close()


async def _files(url: str) -> list[str]:
    with psycopg.connect(url, options="-c search_path=dragoman") as database:
        return [str(row[0]) for row in database.execute("SELECT id FROM files").fetchall()]


async def test_what_has_something_already_is_not_moved_to(tmp_path: Path, url: str) -> None:
    clock = Clock()
    await _filled(tmp_path / "old", clock)
    store = await open_store(url, data_dir=tmp_path, secret=SECRET, clock=clock)
    await store.close()
    with pytest.raises(StoreError, match="not empty"):
        await move(tmp_path / "old" / "dragoman.db", url, data_dir=tmp_path / "old", secret=SECRET, clock=clock)
    with psycopg.connect(url, options="-c search_path=dragoman") as database:
        assert database.execute("SELECT (SELECT count(*) FROM contacts) + (SELECT count(*) FROM messages)").fetchone() == (0,)


async def test_what_still_serves_or_is_not_ours_is_not_moved(tmp_path: Path, url: str) -> None:
    clock = Clock()
    store = await open_folder(tmp_path, clock)
    with pytest.raises(StoreLocked):
        await move(tmp_path / "dragoman.db", url, data_dir=tmp_path, secret=SECRET, clock=clock)
    await store.close()
    with pytest.raises(WrongKey):
        await move(tmp_path / "dragoman.db", url, data_dir=tmp_path, secret=bytes(32), clock=clock)
    with pytest.raises(StoreError, match="is not there"):
        await move(tmp_path / "other.db", url, data_dir=tmp_path, secret=SECRET, clock=clock)


async def test_a_row_that_is_lost_on_the_way_stops_the_move(tmp_path: Path, url: str) -> None:
    clock = Clock()
    await _filled(tmp_path, clock)
    with psycopg.connect(url, autocommit=True, options="-c search_path=dragoman") as database:
        database.execute("CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$")
        database.execute("CREATE TRIGGER loses BEFORE INSERT ON case_lines FOR EACH ROW WHEN (NEW.author = 'note') EXECUTE FUNCTION lose()")
    with pytest.raises(StoreError, match=r"of \d+ rows of case_lines \d+ arrived"):
        await move(tmp_path / "dragoman.db", url, data_dir=tmp_path, secret=SECRET, clock=clock)
    with psycopg.connect(url, options="-c search_path=dragoman") as database:
        assert database.execute("SELECT count(*) FROM contacts").fetchone() == (0,)


async def test_the_command_moves_what_its_settings_name(tmp_path: Path, url: str) -> None:
    await _filled(tmp_path, Clock())
    settings = {"DATA_DIR": str(tmp_path), "SECRET_KEY": SECRET.hex(), "DATABASE_URL": url}
    environment = {"PATH": "/usr/bin:/bin"} | {f"DRAGOMAN_{name}": value for name, value in settings.items()}
    done = subprocess.run([sys.executable, "-m", "bot", "migrate"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "rows moved and counted" in done.stdout
    assert "contacts" in done.stdout
    again = subprocess.run([sys.executable, "-m", "bot", "migrate"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert again.returncode == 1
    assert "not empty" in again.stderr

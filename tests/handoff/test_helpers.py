"""An interpreter from the wish to the reminder: over the real store and service, in a city with helpers and no desk."""

from __future__ import annotations

from pathlib import Path

from bot.cases import Profile
from tests.handoff.town import Town, town

CONTACT, FIRST, SECOND = "900", "771", "772"


async def join(place: Town, address: str, name: str, role: str = "interpreter") -> None:
    """Let a helper join in a private chat with the bot."""
    code, _staff_id = await place.store.desk.invite(Profile(name, role, "madrid", languages=("ar",)))  # type: ignore[arg-type]
    await place.write(address, f"/start i_{code}")


def heard(place: Town, address: str) -> str:
    """Return what an address was told last."""
    return place.posts["telegram"].shown(address)[-1]


async def test_an_interpreter_is_found_agreed_on_and_reminded(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        await join(place, FIRST, "Samira")
        await join(place, SECOND, "Karim")
        await place.settle_in(CONTACT)
        await place.write(CONTACT, "/human")
        assert await place.press(CONTACT, "pool:interpreter")
        await place.write(CONTACT, "árabe")
        await place.write(CONTACT, "tomorrow 10:30")
        assert "number 1" in heard(place, CONTACT)
        await place.desk.sweep()
        await place.settle()
        assert await place.press(FIRST, "offer:")
        assert "taken by somebody else" in heard(place, SECOND)
        said = "\n".join(place.posts["telegram"].shown(CONTACT))
        assert "Samira" not in said, "a name before both have said yes"
        assert await place.press(CONTACT, "agree:")
        assert "Samira" in heard(place, CONTACT)
        place.clock.turn(hours=12)
        await place.desk.sweep()
        await place.settle()
        assert "Tomorrow" in heard(place, CONTACT)
        assert "Tomorrow" in heard(place, FIRST)


async def test_where_there_are_only_mentors_nobody_promises_an_advisor(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        await join(place, FIRST, "Rosa", "mentor")
        await place.settle_in(CONTACT)
        await place.write(CONTACT, "/human")
        assert "No person can answer in this chat yet" in heard(place, CONTACT)
        assert place.posts["telegram"].button(CONTACT, "pool:mentor")
        assert place.posts["telegram"].button(CONTACT, "pool:companion") is None
        assert place.posts["telegram"].button(CONTACT, "pass:") is None

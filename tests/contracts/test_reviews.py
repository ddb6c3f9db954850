"""Every promise about people who review, on every engine: who is one, what counts, and that they see no case."""

from __future__ import annotations

from datetime import date

import pytest

from bot.cases import Claim, Profile, Refused, Role
from bot.model import Confirm, InviteUsed, OpenCase, ReportAnswer, Reviewing, UseInvite
from bot.records import Confirmed
from bot.store import Store
from bot.store.desk import INVITE_HOURS
from tests.contracts.casework import Town
from tests.contracts.conftest import Engine

DAY = date(2026, 11, 28)
ANA = Profile("Ana", "reviewer", "graz", languages=("de", "ar"))
NIE = Confirm("graz", "egov.nie", "", "aaaaaaaaaaaa", DAY, is_named=True)


async def invited(town: Town, profile: Profile = ANA, channel: str = "web", name: str = "ana") -> tuple[str, str]:
    """Let somebody come by a chat; returns their staff id and the id of the chat."""
    code, staff_id = await town.desk.invite(profile)
    contact_id = await town.arrive(name, channel=channel, locale="de", city="graz")
    await town.turn(contact_id, UseInvite(code))
    return staff_id, contact_id


async def reviews_of(store: Store, contact_id: str) -> Reviewing | None:
    snapshot = await store.read(contact_id)
    assert snapshot is not None
    return snapshot.conversation.reviews


# ---------------------------------------------------------------- who reviews


@pytest.mark.parametrize("channel", ["web", "telegram"])
async def test_a_reviewer_joins_in_their_chat_and_gets_no_login(town: Town, channel: str) -> None:
    code, staff_id = await town.desk.invite(ANA)
    contact_id = await town.arrive("ana", channel=channel)
    assert await reviews_of(town.store, contact_id) is None
    await town.turn(contact_id, UseInvite(code))
    (heard,) = await town.heard(contact_id)
    assert isinstance(heard, InviteUsed)
    assert (heard.name, heard.role, heard.city, heard.login_code) == ("Ana", "reviewer", "graz", "")
    assert await reviews_of(town.store, contact_id) == Reviewing("graz", ("de", "ar"), "Ana", "reviewer")
    assert await town.desk.renew(staff_id) is None
    assert [staff.id for staff in await town.desk.team()] == [staff_id]
    other = await town.arrive("other", channel=channel)
    await town.turn(other, UseInvite(code))  # once
    assert await reviews_of(town.store, other) is None


async def test_a_reviewers_code_opens_no_desk_and_is_not_used_up_there(town: Town) -> None:
    code, _ = await town.desk.invite(ANA)
    assert await town.desk.redeem(code) is None
    contact_id = await town.arrive("ana")
    await town.turn(contact_id, UseInvite(code))
    assert await reviews_of(town.store, contact_id) is not None


async def test_an_old_code_makes_nobody_a_reviewer(town: Town) -> None:
    code, _ = await town.desk.invite(ANA)
    town.clock.forward(hours=INVITE_HOURS)
    contact_id = await town.arrive("ana")
    await town.turn(contact_id, UseInvite(code))
    assert await reviews_of(town.store, contact_id) is None


@pytest.mark.parametrize(("role", "may"), [("admin", True), ("lead", True), ("advisor", False), ("peer", False), ("interpreter", False)])
async def test_leads_and_admins_review_in_their_private_chat(town: Town, role: Role, may: bool) -> None:
    _, contact_id = await invited(town, Profile("Bo", role, "graz"), "telegram")
    assert (await reviews_of(town.store, contact_id) is not None) is may


async def test_the_web_chat_is_no_way_for_those_who_have_a_desk(town: Town) -> None:
    _, contact_id = await invited(town, Profile("Bo", "admin", "graz"))
    assert await reviews_of(town.store, contact_id) is None
    assert await town.desk.team() == ()


async def test_a_contact_who_has_only_come_is_known_as_one_too(town: Town) -> None:
    _, contact_id = await invited(town)
    await town.turn(contact_id, erase=False)
    assert await reviews_of(town.store, contact_id) is not None


async def test_who_is_removed_or_deletes_their_chat_reviews_no_more(town: Town) -> None:
    staff_id, contact_id = await invited(town)
    await town.desk.remove_staff(staff_id)
    assert await reviews_of(town.store, contact_id) is None
    await town.turn(contact_id, NIE)
    assert await town.desk.confirmations() == ()
    other_id, chat = await invited(town, name="zoe")
    await town.turn(chat, erase=True)
    again = await town.arrive("zoe")
    assert await reviews_of(town.store, again) is None
    assert await town.desk.staff_member(other_id) is not None


async def test_a_city_with_reviewers_alone_has_no_desk(town: Town) -> None:
    await invited(town)
    contact_id = await town.arrive("amina", city="graz")
    snapshot = await town.store.read(contact_id)
    assert snapshot is not None
    assert (snapshot.conversation.staffed, snapshot.conversation.pools, snapshot.conversation.reviews) == (False, (), None)


async def test_a_reviewer_takes_and_opens_no_case(town: Town) -> None:
    staff_id, _ = await invited(town)
    contact_id = await town.arrive("amina", city="graz")
    for kind in ("advice", "interpreter"):
        await town.turn(contact_id, OpenCase(kind, "housing"))
    for case in await town.desk.open_cases():
        acted = await town.desk.do(staff_id, case.number, Claim(), key=f"claim-{case.number}")
        assert isinstance(acted.result, Refused)


# ---------------------------------------------------------------- what they find right


async def test_a_confirmation_is_kept_with_the_name_or_the_role(town: Town) -> None:
    staff_id, contact_id = await invited(town)
    words = Confirm("graz", "egov.nie", "ar", "b:c", DAY, is_named=False)
    handled = await town.turn(contact_id, NIE, words)
    kept = await town.desk.confirmations()
    assert kept == (
        Confirmed(kept[0].id, "graz", "egov.nie", "", "aaaaaaaaaaaa", DAY, "Ana"),
        Confirmed(kept[1].id, "graz", "egov.nie", "ar", "b:c", DAY, "reviewer"),
    )
    assert (handled.confirmed, handled.reported) == (kept, False)
    assert await town.desk.confirmations(kept[0].id) == kept[1:]
    assert await town.desk.confirmations(kept[1].id) == ()
    assert [(line.actor, line.detail) for line in await town.desk.audit() if line.deed == "confirmed"] == [
        (staff_id, "graz egov.nie"),
        (staff_id, "graz egov.nie ar"),
    ]
    assert await town.desk.verify_audit() is None


async def test_nobody_confirms_for_another_city_or_without_an_invitation(town: Town) -> None:
    _, contact_id = await invited(town)
    stranger = await town.arrive("stranger", city="graz")
    _, advisor = await invited(town, Profile("Bo", "advisor", "graz"), "telegram", "bo")
    for chat, city in ((contact_id, "madrid"), (stranger, "graz"), (advisor, "graz")):
        handled = await town.turn(chat, Confirm(city, "egov.nie", "", "a", DAY, is_named=True))
        assert handled.confirmed == ()
    assert await town.desk.confirmations() == ()
    _, everywhere = await invited(town, Profile("Zoe", "admin", ""), "telegram", "zoe")
    assert len((await town.turn(everywhere, NIE, Confirm("madrid", "egov.nie", "", "a", DAY, is_named=True))).confirmed) == 2


async def test_confirmations_outlive_a_restart_and_their_author(durable: Engine) -> None:
    town = Town(durable.store, durable.clock)
    staff_id, contact_id = await invited(town)
    await town.turn(contact_id, NIE)
    await town.desk.remove_staff(staff_id)
    store = await durable.reopen()
    assert [(each.entry_id, each.by) for each in await store.desk.confirmations()] == [("egov.nie", "Ana")]


# ---------------------------------------------------------------- what they call wrong


@pytest.mark.parametrize(
    ("profile", "by_whom"), [(ANA, "reviewer"), (Profile("Bo", "lead", "graz"), "lead"), (Profile("Bo", "admin", ""), "lead")]
)
async def test_a_report_carries_the_reason_and_weighs_as_its_author(town: Town, profile: Profile, by_whom: str) -> None:
    _, contact_id = await invited(town, profile, "telegram")
    before = await town.desk.mark()
    handled = await town.turn(contact_id, ReportAnswer("graz", "egov.nie", "de", " The fee is gone. ", "changed"))
    (report,) = await town.desk.reports()
    assert (report.city, report.entry_id, report.locale, report.by_whom) == ("graz", "egov.nie", "de", by_whom)
    assert (report.why, report.about) == ("The fee is gone.", "changed")
    assert (handled.reported, await town.desk.mark() != before) == (True, True)


async def test_a_reason_of_somebody_else_is_not_kept(town: Town) -> None:
    contact_id = await town.arrive("amina", city="graz")
    handled = await town.turn(contact_id, ReportAnswer("graz", "egov.nie", "de", "call me", "wording"))
    (report,) = await town.desk.reports()
    assert (report.by_whom, report.why, report.about, handled.reported) == ("contact", "", "answer", False)


async def test_a_reviewer_of_another_city_reports_as_any_contact(town: Town) -> None:
    _, contact_id = await invited(town)
    await town.turn(contact_id, ReportAnswer("madrid", "egov.nie", "es", "wrong"))
    (report,) = await town.desk.reports()
    assert (report.by_whom, report.why) == ("contact", "")

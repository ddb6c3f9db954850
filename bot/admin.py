"""The commands of whoever runs the desk: they work beside a bot that serves from the same data."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import SecretStr

from bot import i18n, links
from bot.app import bot_name_of, load_brain, load_catalogues, opened_store, place_of, secret_of, secrets_of, utc_now
from bot.cases import Profile
from bot.config import Settings
from bot.desk import fault_of, invitation, with_new
from bot.dialogue.home import title_of
from bot.dialogue.terms import ROLES
from bot.errors import ConfigError, KnowledgeError, StoreLocked
from bot.gaps import gaps_of, write_to_draft, write_to_entry
from bot.knowledge.load import load_knowledge
from bot.knowledge.stamp import Stamp, missing_stamps
from bot.knowledge.write import write_stamps
from bot.model import Knowledge
from bot.records import AuditLine, Checkup, Gap
from bot.store import backup, sqlite_path
from bot.store.crypto import finish_next, prepare_next
from bot.store.desk import DeskStore


@dataclasses.dataclass(frozen=True, slots=True)
class Restored:
    """A backup that was brought back. `buried`: keys that tombstones took, whose owners were erased after the key file was written."""

    file: str
    buried: int
    checkup: Checkup


@contextlib.asynccontextmanager
async def _desk_store(settings: Settings) -> AsyncIterator[DeskStore]:
    async with opened_store(settings, secret_of(settings), exclusive=False) as store:
        yield store.desk


async def invite(settings: Settings, profile: Profile) -> Mapping[str, str]:
    """Invite somebody; returns the links, the code and the staff id. Raises ConfigError for what the knowledge does not have."""
    knowledge = load_knowledge(settings.knowledge_dir)
    if not profile.name:
        profile = dataclasses.replace(profile, name=_named_by_role(profile, knowledge, load_catalogues(settings)))
    if fault := fault_of(profile, knowledge):
        raise ConfigError(fault)
    async with _desk_store(settings) as desk:
        code, staff_id = await desk.invite(profile)
    return {**invitation(settings.root_url, await bot_name_of(settings)(), code, profile.role), "staff": staff_id}


def _named_by_role(profile: Profile, knowledge: Knowledge, catalogues: i18n.Catalogues) -> str:
    """Make a display name of the role, in the language of the city, and a number that tells two of them apart."""
    city = knowledge.cities.get(profile.city)
    locale = i18n.negotiate(city.host_language if city else None, catalogues.locales) or i18n.FALLBACK
    role = catalogues.translator(locale).gettext(ROLES.get(profile.role, profile.role))
    return f"{role[:1].upper()}{role[1:]} {100 + secrets.randbelow(900)}"


async def staff_list(settings: Settings, city: str | None) -> Sequence[Mapping[str, object]]:
    """Return who is staff now."""
    async with _desk_store(settings) as desk:
        team = await desk.team(city)
    return [{"id": staff.id, **dataclasses.asdict(staff.profile), "wake_by": staff.wake_by} for staff in team]


async def staff_remove(settings: Settings, staff_id: str) -> None:
    """End somebody's work here. Raises ConfigError for nobody."""
    async with _desk_store(settings) as desk:
        if await desk.staff_member(staff_id) is None:
            raise ConfigError("nobody of the desk has this id")
        await desk.remove_staff(staff_id)


async def desk_link(settings: Settings, city: str) -> str:
    """Return a code that links a Telegram group to a city. Raises ConfigError for a city that is not there."""
    cities = load_knowledge(settings.knowledge_dir).cities
    if city not in cities:
        raise ConfigError(f"no city {city!r}; there are: {', '.join(sorted(cities))}")
    async with _desk_store(settings) as desk:
        return await desk.link_code(city)


async def export_checked(settings: Settings, city: str | None, *, dry_run: bool) -> tuple[Sequence[Stamp], Sequence[KnowledgeError]]:
    """Write what people confirmed in the chat, and still holds, into the knowledge files.

    Returns what was written (`dry_run`: what would be), and why something could not be. Raises ConfigError for a city that is not there."""
    knowledge = load_knowledge(settings.knowledge_dir)
    if city is not None and city not in knowledge.cities:
        raise ConfigError(f"no city {city!r}; there are: {', '.join(sorted(knowledge.cities))}")
    async with _desk_store(settings) as desk:
        known = with_new({}, await desk.confirmations())
    stamps = [stamp for stamp in missing_stamps(knowledge, known) if city is None or stamp.file.startswith(f"{city}/")]
    return (stamps, ()) if dry_run else write_stamps(settings.knowledge_dir, stamps)


async def gaps(settings: Settings, city: str | None, locale: str | None) -> Sequence[Gap]:
    """Return what people asked in vain, in groups. Raises ConfigError for a city that is not there."""
    brain = load_brain(settings)
    if city is not None and city not in brain.knowledge.cities:
        raise ConfigError(f"no city {city!r}; there are: {', '.join(sorted(brain.knowledge.cities))}")
    async with _desk_store(settings) as desk:
        kept = [question for question in await desk.kept_questions() if city in (None, question.city)]
    return [gap for gap in gaps_of(kept, brain.knowledge, brain.matcher) if locale in (None, gap.locale)]


async def use_gap(settings: Settings, city: str, number: int, entry_id: str, *, draft: bool) -> Sequence[str]:
    """Write a group's texts into the knowledge files, as questions of an entry or as a draft; the group is then done.

    Returns what was written. Raises ConfigError for a group that is not there, KnowledgeError where the files would not load."""
    gap = next((gap for gap in await gaps(settings, city, None) if gap.number == number), None)
    if gap is None:
        raise ConfigError(f"no group {number} in {city}")
    if draft:
        written = write_to_draft(settings.knowledge_dir, city, gap.locale, gap.texts, entry_id)
    else:
        knowledge = load_knowledge(settings.knowledge_dir)
        written = write_to_entry(settings.knowledge_dir, knowledge, city, gap.locale, gap.texts, entry_id)
    async with _desk_store(settings) as desk:
        await desk.settle_questions(gap.ids, "draft" if draft else "questions", "system", f"{city} {entry_id}")
    return written


async def entry_links(settings: Settings, city: str, entry_id: str, locale: str | None) -> Mapping[str, str]:
    """Return the links that open an entry, and its title in a language (default the city's own).

    Raises ConfigError for what the knowledge does not have, and where neither web nor Telegram nor WhatsApp can be linked to."""
    known = load_knowledge(settings.knowledge_dir).cities.get(city)
    entry = known.entries.get(entry_id) if known else None
    if known is None or entry is None or entry.status != "published":
        raise ConfigError(f"no published entry {entry_id!r} in city {city!r}")
    if locale and locale not in entry.words:
        raise ConfigError(f"{entry_id} is not there in {locale!r}; there are: {', '.join(entry.words)}")
    public_url, payload, spoken = settings.public_url or "", links.payload_of(city, entry_id), locale or known.host_language
    web, telegram = links.web_link(public_url, payload), links.telegram_link(await bot_name_of(settings)(), payload)
    whatsapp = links.whatsapp_link(settings.linked_number, payload)
    if not (web or telegram or whatsapp):
        raise ConfigError("nothing to link to: DRAGOMAN_PUBLIC_URL is not set, and there is no bot on Telegram nor a number on WhatsApp")
    poster = links.poster_link(public_url, city, entry_id, spoken)
    return {"title": title_of(entry, spoken, known), "web": web, "telegram": telegram, "whatsapp": whatsapp, "poster": poster}


# ---------------------------------------------------------------- keys and backups


async def rotate_keys(settings: Settings) -> int | None:
    """Wrap every data key anew under a new master key; returns how many there were, None where starting the store did it.

    The new key is SECRET_KEY, with the present one as SECRET_KEY_PREVIOUS, or is made beside the file of the present one.
    Raises ConfigError or StoreError; a crash leaves everything readable, and the command can be given again."""
    if settings.secret_key is None:
        secret_of(settings)
        prepare_next(settings.secret_path)
    elif settings.secret_key_previous is None:
        raise ConfigError(
            "put the present key into DRAGOMAN_SECRET_KEY_PREVIOUS and a new one, 64 hexadecimal digits, into DRAGOMAN_SECRET_KEY"
        )
    secret, *_ = secrets_of(settings)
    count = None if await _is_changed_by_opening(settings, secret) else await _change_beside(settings, secret)
    if settings.backup_dir is not None:
        await asyncio.to_thread(backup.write_keys, place_of(settings), settings.backup_dir, secrets_of(settings))
    return count


async def _is_changed_by_opening(settings: Settings, secret: bytes) -> bool:
    """Change the keys where nobody serves; of PostgreSQL nobody can say that."""
    if settings.is_shared:
        return False
    try:
        async with opened_store(settings, secret):
            return True
    except StoreLocked:
        return False


async def _change_beside(settings: Settings, secret: bytes) -> int:
    async with opened_store(settings, secret, exclusive=False) as store:
        count = await store.change_master(secret)
    if settings.secret_key is None:
        finish_next(settings.secret_path)
    return count


async def write_backup(settings: Settings, folder: Path | None) -> backup.Written:
    """Write a backup, into BACKUP_DIR where no folder is named; works while the bot runs. Raises ConfigError or StoreError."""
    where = backup_folder(settings, folder)
    if settings.secret_key is None:
        backup.refuse_beside(where, settings.secret_path)
    secrets_there = _present_secrets(settings)
    return await asyncio.to_thread(backup.write, place_of(settings), where, secrets_there, utc_now(), settings.backup_days)


def backup_folder(settings: Settings, folder: Path | None) -> Path:
    """Return where backups are; raises ConfigError where nobody says."""
    where = folder or settings.backup_dir
    if where is None:
        raise ConfigError("name a folder, or set DRAGOMAN_BACKUP_DIR")
    return where


def _present_secrets(settings: Settings) -> Sequence[bytes]:
    """Return the master keys, and make none: a new one would open nothing."""
    if settings.secret_key is None and not settings.secret_path.exists():
        raise ConfigError(f"the master key is missing: put it back as {settings.secret_path.name}, or set DRAGOMAN_SECRET_KEY")
    return secrets_of(settings)


async def restore(settings: Settings, folder: Path | None, file: Path | None) -> Restored:
    """Bring a backup back into an empty DATA_DIR; who was erased since stays erased. Raises ConfigError, WrongKey or StoreError."""
    where, there = backup_folder(settings, folder), _present_secrets(settings)
    taken, buried = await asyncio.to_thread(backup.restore, where, file, place_of(settings), there)
    async with opened_store(settings, secret_of(settings)) as store:
        await store.restored(taken.name)
        return Restored(taken.name, buried, await store.look_through())


async def drill(settings: Settings, folder: Path | None, file: Path | None) -> Restored:
    """Bring a backup back into a folder that is thrown away, and look through it. Raises as `restore` does."""
    keys = [SecretStr(secret.hex()) for secret in _present_secrets(settings)]
    named = dict(zip(("secret_key", "secret_key_previous"), (*keys, None), strict=False))  # not by their file, which is left alone
    with tempfile.TemporaryDirectory(prefix="dragoman-drill-") as place, _spare_database(settings) as url:
        update = {"data_dir": Path(place), "database_url": url, **named}
        return await restore(settings.model_copy(update=update), backup_folder(settings, folder), file)


@contextlib.contextmanager
def _spare_database(settings: Settings) -> Iterator[SecretStr | None]:
    """Give another database than the one in use, which is removed afterwards; None where it is a file of the data folder."""
    if not settings.is_shared:
        yield None
        return
    from bot.store.postgres.copies import spare_database  # only when asked for, as the store itself

    with spare_database(settings.store_url) as url:
        yield SecretStr(url)


async def audit_lines(settings: Settings) -> Sequence[AuditLine]:
    """Return the audit, oldest first."""
    async with _desk_store(settings) as desk:
        return await desk.audit()


async def audit_verify(settings: Settings) -> int | None:
    """Return the first line of the audit that does not follow from the one before."""
    async with _desk_store(settings) as desk:
        return await desk.verify_audit()


async def migrate(settings: Settings, source: str | None, target: str | None) -> Mapping[str, int]:
    """Move a stopped installation from SQLite to an empty PostgreSQL; returns the rows of each table. Raises ConfigError or StoreError."""
    from bot.store.moving import move  # the driver of PostgreSQL comes with it

    path = sqlite_path(source or f"sqlite:///{settings.data_dir / 'dragoman.db'}")
    url = target or settings.store_url
    if path is None or not url.startswith(("postgresql://", "postgres://")):
        raise ConfigError("this moves from sqlite:///path/to/file to postgresql://user:password@host/name, and nothing else")
    return await move(path, url, data_dir=settings.data_dir, secret=secret_of(settings), clock=utc_now)

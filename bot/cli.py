"""The command line: dragoman serve | chat | ask | eval | check | invite | staff | desk | audit | export | migrate | gaps |
backup | restore | keys."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

import bot
from bot.cases import ROLES, Profile
from bot.config import Settings, load_settings
from bot.errors import BotError, ConfigError
from bot.loglines import lines_of
from bot.logs import start_logging, watch_crashes

if TYPE_CHECKING:
    from bot.brain import Brain
    from bot.matching.evaluate import Line

EXIT_OK, EXIT_FAULT = 0, 1  # argparse itself ends with 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Faults of ours are one clear line on standard error."""
    if arguments is None:  # the process is ours alone
        watch_crashes()
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings()
        start_logging(settings.log_level, lines_of(settings.log_format))
        run: Callable[[Settings, argparse.Namespace], int] = options.run
        return run(settings, options)
    except BotError as error:
        print(f"dragoman: {error}", file=sys.stderr)
        return EXIT_FAULT
    except KeyboardInterrupt:
        return EXIT_OK
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_OK
    except OSError as error:  # a folder that is a file, a file that is not ours: no fault of the program, and it names the place
        if error.filename is None:
            raise
        print(f"dragoman: {error.filename}: {error.strerror}", file=sys.stderr)
        return EXIT_FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dragoman", description=bot.__doc__.splitlines()[0] if bot.__doc__ else "")
    parser.add_argument("--version", action="version", version=f"dragoman {bot.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands)
    _add_chat(commands)
    _add_ask(commands)
    _add_eval(commands)
    _add_learn(commands)
    _add_check(commands)
    _add_schema(commands)
    _add_invite(commands)
    _add_staff(commands)
    _add_desk(commands)
    _add_link(commands)
    _add_audit(commands)
    _add_export(commands)
    _add_migrate(commands)
    _add_gaps(commands)
    _add_backup(commands)
    _add_restore(commands)
    _add_keys(commands)
    return parser


def _add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("serve", help="web chat and the desk, and Telegram when DRAGOMAN_TELEGRAM_TOKEN is set")
    command.set_defaults(run=_serve)


def _add_chat(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("chat", help="talk with the bot in this terminal; nothing is kept")
    command.add_argument("--lang", help="language to begin with, such as ar")
    command.set_defaults(run=_chat)


def _add_ask(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("ask", help="show what a question would be answered with")
    command.add_argument("text", nargs="*", help="the question")
    command.add_argument("--city", help="city slug, such as madrid")
    command.add_argument("--lang", help="language of the answer")
    command.add_argument(
        "--jsonl", action="store_true", help='read {"city","lang"?,"text"} lines from standard input, write one result line each'
    )
    command.set_defaults(run=_ask)


def _add_eval(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("eval", help="figures over files of questions with the expected entries")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE")
    command.add_argument("--json", action="store_true", help="figures as JSON")
    command.add_argument("--findings", action="store_true", help="also what to look at: entries confused, hardly reached, claimed twice")
    command.add_argument("--html", type=Path, metavar="PAGE", help="write figures, findings and a reliability diagram as one page")
    command.add_argument("--compare", type=Path, metavar="FOLDER", help="another knowledge folder: what has changed from it to this one")
    command.set_defaults(run=_eval)


def _add_learn(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("learn", help="learn from the knowledge now, so that the next start finds everything ready")
    command.set_defaults(run=_learn)


def _add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("check", help="check the knowledge files and the translations")
    command.add_argument("--json", action="store_true", help="findings and table as JSON")
    command.add_argument("--table", action="store_true", help="how far each language of each city is, instead of the findings")
    command.add_argument("--strict", action="store_true", help="warnings are faults as well")
    command.set_defaults(run=_check)


def _add_schema(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("schema", help="write the format of the knowledge files as JSON Schema, for editors")
    command.set_defaults(run=_schema)


def _add_invite(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("invite", help="invite somebody to the desk; works while the bot runs")
    command.add_argument("--role", required=True, help=", ".join(ROLES))
    command.add_argument("--city", default="", help="city slug; an admin without one is admin of every city")
    command.add_argument("--name", help="display name, as contacts and colleagues read it; default the role and a number")
    command.add_argument("--languages", type=_words, default=(), help="languages they speak, such as es,ar; default all")
    command.add_argument("--topics", type=_words, default=(), help="topics they answer, such as housing,legal; default all")
    command.add_argument("--organisation", help="the organisation whose cases they see; default every one")
    command.add_argument("--areas", type=_words, default=(), help="areas a helper comes to; default all")
    command.add_argument("--gender", choices=("woman", "man"), help="of a helper, where it matters")
    command.add_argument("--hours", help="when a helper can be asked, as OpenStreetMap opening hours")
    command.add_argument("--on-call", action="store_true", help="is woken for urgent cases out of hours")
    command.add_argument("--json", action="store_true", help="links and code as JSON")
    command.set_defaults(run=_invite)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _add_staff(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("staff", help="list or remove people of the desk").add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="who is staff now")
    listing.add_argument("--city", help="only those of this city")
    listing.add_argument("--json", action="store_true", help="as JSON")
    listing.set_defaults(run=_staff_list)
    removal = actions.add_parser("remove", help="end somebody's work here; their cases go back to the queue")
    removal.add_argument("id", help="as `staff list` shows it")
    removal.set_defaults(run=_staff_remove)


def _add_desk(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("desk", help="link a Telegram group").add_subparsers(required=True, metavar="ACTION")
    link = actions.add_parser("link", help="a code that links a group with topics to a city's desk: write /link CODE in the group")
    link.add_argument("--city", required=True, help="city slug")
    link.add_argument("--json", action="store_true", help="as JSON")
    link.set_defaults(run=_desk_link)


def _add_link(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("link", help="links and a QR code that open one answer, for posters and leaflets")
    command.add_argument("entry", help="id of the answer, such as egov.nie")
    command.add_argument("--city", required=True, help="city slug")
    command.add_argument("--lang", help="language of the poster; default the city's own")
    picture = command.add_mutually_exclusive_group()
    picture.add_argument("--svg", type=Path, metavar="FILE", help="write the QR code as a drawing")
    picture.add_argument("--png", type=Path, metavar="FILE", help="write the QR code as a picture")
    command.add_argument("--json", action="store_true", help="as JSON")
    command.set_defaults(run=_link)


def _add_audit(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("audit", help="who did what").add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("verify", help="check that no line was changed or removed").set_defaults(run=_audit_verify)
    listing = actions.add_parser("list", help="the newest lines: when, who, what, in which case")
    listing.add_argument("--last", type=int, default=50, metavar="N", help="how many; default 50, 0: all")
    listing.add_argument("--json", action="store_true", help="as JSON")
    listing.set_defaults(run=_audit_list)


def _add_export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "export", help="write into the knowledge files what people confirmed in the chat; works while the bot runs"
    )
    command.add_argument("--checked", action="store_true", required=True, help="the confirmations that still hold")
    command.add_argument("--city", help="only those of this city")
    command.add_argument("--dry-run", action="store_true", help="say what would be written, and write nothing")
    command.set_defaults(run=_export)


def _add_migrate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("migrate", help="move everything from SQLite to an empty PostgreSQL; stop the bot first")
    command.add_argument("--from", dest="source", metavar="URL", help="sqlite:///path/to/file; default: the one in DRAGOMAN_DATA_DIR")
    # A password on the command line can be read by everybody on this machine.
    command.add_argument("--to", dest="target", metavar="URL", help="postgresql://user@host/name; default: DRAGOMAN_DATABASE_URL")
    command.set_defaults(run=_migrate)


def _add_gaps(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("gaps", help="what people asked in vain and let us keep, in groups; works while the bot runs")
    command.add_argument("--city", help="only this city")
    command.add_argument("--language", help="only questions in this language")
    command.add_argument("--json", action="store_true", help="as JSON")
    command.add_argument("--group", type=int, metavar="N", help="the group of --city to write into the knowledge files")
    aim = command.add_mutually_exclusive_group()
    aim.add_argument("--to-entry", metavar="ID", help="as questions of this answer, such as egov.nie")
    aim.add_argument("--to-draft", metavar="ID", help="as the draft of a new answer")
    command.set_defaults(run=_gaps)


def _add_backup(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("backup", help="write a data file and the one key file into a folder; works while the bot runs")
    command.add_argument("folder", nargs="?", type=Path, help="default DRAGOMAN_BACKUP_DIR")
    command.add_argument("--json", action="store_true", help="as JSON")
    command.set_defaults(run=_backup)


def _add_restore(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("restore", help="bring a backup back into an empty DRAGOMAN_DATA_DIR; who was erased stays erased")
    command.add_argument("folder", nargs="?", type=Path, help="default DRAGOMAN_BACKUP_DIR")
    command.add_argument("--file", type=Path, help="the data file; default the newest of the folder")
    command.add_argument("--drill", action="store_true", help="only try it, in a folder that is thrown away")
    command.add_argument("--json", action="store_true", help="as JSON")
    command.set_defaults(run=_restore)


def _add_keys(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("keys", help="the master key").add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("rotate", help="change the master key; works while the bot runs").set_defaults(run=_keys_rotate)


# ---------------------------------------------------------------- serve and chat


def _serve(settings: Settings, _: argparse.Namespace) -> int:
    from bot import app

    asyncio.run(app.serve(settings))
    return EXIT_OK


def _chat(settings: Settings, options: argparse.Namespace) -> int:
    from bot import app

    asyncio.run(app.chat(settings, sys.stdin, sys.stdout, options.lang))
    return EXIT_OK


# ---------------------------------------------------------------- ask, eval, check


def _ask(settings: Settings, options: argparse.Namespace) -> int:
    from bot import app

    brain = app.load_brain(settings)
    if options.jsonl:
        return _ask_lines(brain)
    if not options.text or not options.city:
        raise ConfigError("ask needs --city and a question, or --jsonl")
    _require_city(brain, options.city)
    asyncio.run(app.preview(settings, brain, " ".join(options.text), options.city, options.lang, sys.stdout))
    return EXIT_OK


def _require_city(brain: Brain, city: str) -> None:
    if city not in brain.knowledge.cities:
        raise ConfigError(f"no city {city!r}; there are: {', '.join(sorted(brain.knowledge.cities))}")


def _ask_lines(brain: Brain) -> int:
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # what is no UTF-8 is a question nobody understands, not the end
    for number, line in enumerate(sys.stdin, 1):
        if line.strip():
            question = _question(line, f"line {number}")
            city, text, lang = question.get("city"), question.get("text"), question.get("lang")
            if not isinstance(text, str) or not isinstance(city, str):
                raise ConfigError(f'line {number}: needs "city" and "text"')
            _require_city(brain, city)
            understood = brain.matcher.understand(text, city, lang if isinstance(lang, str) else None)
            entries = [{"id": match.entry_id, "score": round(match.score, 4)} for match in understood.matches]
            print(
                json.dumps({"outcome": understood.outcome, "lang": understood.language, "entries": entries}, ensure_ascii=False), flush=True
            )
    return EXIT_OK


def _question(line: str, where: str) -> dict[str, object]:
    try:
        question = json.loads(line)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{where}: not JSON: {error.msg}") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, or thousands of brackets
        raise ConfigError(f"{where}: not JSON") from None
    if not isinstance(question, dict):
        raise ConfigError(f"{where}: not a JSON object")
    return question


def _eval(settings: Settings, options: argparse.Namespace) -> int:
    from bot import app
    from bot.matching import report
    from bot.matching.evaluate import figures, judge, table

    if options.compare:
        settings = settings.model_copy(update={"semantic": "off"})  # meanings may be learnt of one folder and not of the other
    brain = app.load_brain(settings)
    lines = [line for file in options.files for line in _expected(file)]
    for line in lines:
        _require_city(brain, line.get("city", ""))
    judged = judge(lines, brain.matcher)
    counted = figures(judged)
    if options.compare:
        before = judge(lines, app.load_brain(settings.model_copy(update={"knowledge_dir": options.compare})).matcher)
        print(report.comparison(figures(before), counted))
        for title, changed in zip(("Right now, not before:", "No longer right:"), report.changes(before, judged), strict=True):
            print(title)
            for one in changed:
                print(f"  {one.city}: {one.text}: {one.right} (was {one.before}, is {one.after})")
        return EXIT_OK
    print(json.dumps({name: asdict(group) for name, group in counted.items()}, indent=2) if options.json else table(counted))
    if options.findings or options.html:
        claims = report.claimed_twice(brain.knowledge)
        if options.findings:
            print(report.as_text(judged, claims))
        if options.html:
            options.html.write_text(report.as_page(judged, claims), encoding="utf-8")
    return EXIT_OK


def _learn(settings: Settings, options: argparse.Namespace) -> int:
    from bot import app

    async def tell() -> None:
        async for ready in app.learn_all(settings):
            print(ready, flush=True)

    asyncio.run(tell())
    return EXIT_OK


def _expected(file: Path) -> Iterator[Line]:
    """Read questions with the entries they should find; raises ConfigError naming file and line."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            question = _question(line, f"{file}:{number}")
            if not all(isinstance(question.get(key), str) for key in ("text", "lang", "city")):
                raise ConfigError(f'{file}:{number}: needs "text", "lang" and "city"')
            also = question.get("also", [])
            ids = [question.get("id") or "", question.get("kind", ""), *(also if isinstance(also, list) else [also])]
            if not all(isinstance(each, str) for each in ids):
                raise ConfigError(f'{file}:{number}: "id" is text or null, "kind" text, "also" a list of texts')
            yield cast("Line", {"kind": "plain", "id": None, **question})


def _check(settings: Settings, options: argparse.Namespace) -> int:
    from bot import app

    report = app.check(settings)
    if options.json:
        print(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    else:
        print(report.as_table() if options.table else report.as_text())
    return EXIT_FAULT if report.errors or (options.strict and report.warnings) else EXIT_OK


def _schema(settings: Settings, _: argparse.Namespace) -> int:
    from bot.knowledge.jsonschema import schema_files

    folder = settings.knowledge_dir / "schema"
    folder.mkdir(exist_ok=True)
    for name, text in schema_files().items():
        (folder / name).write_text(text, encoding="utf-8")
    return EXIT_OK


# ---------------------------------------------------------------- the desk


def _invite(settings: Settings, options: argparse.Namespace) -> int:
    from bot import admin

    profile = Profile(
        name="" if options.name is None else options.name.strip() or " ",  # blank is no name, left out is one of ours
        role=options.role,
        city=options.city,
        organisation=options.organisation,
        languages=options.languages,
        topics=options.topics,
        areas=options.areas,
        gender=options.gender,
        hours=options.hours,
        on_call=options.on_call,
    )
    found = asyncio.run(admin.invite(settings, profile))
    _print_found(found, options)
    return EXIT_OK


def _print_found(found: Mapping[str, str], options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        if value:
            print(f"{name + ':':10} {value}")


def _staff_list(settings: Settings, options: argparse.Namespace) -> int:
    from bot import admin

    people = asyncio.run(admin.staff_list(settings, options.city))
    if options.json:
        print(json.dumps(people, ensure_ascii=False, indent=2))
        return EXIT_OK
    for person in people:
        print("  ".join(str(person[key]) for key in ("id", "role", "city", "name")))
    return EXIT_OK


def _staff_remove(settings: Settings, options: argparse.Namespace) -> int:
    from bot import admin

    asyncio.run(admin.staff_remove(settings, options.id))
    return EXIT_OK


def _desk_link(settings: Settings, options: argparse.Namespace) -> int:
    from bot import admin

    code = asyncio.run(admin.desk_link(settings, options.city))
    _print_found({"code": code, "command": f"/link {code}", "city": options.city}, options)
    return EXIT_OK


def _link(settings: Settings, options: argparse.Namespace) -> int:
    from bot import admin, links

    found = asyncio.run(admin.entry_links(settings, options.city, options.entry, options.lang))
    if not found["web"]:
        print("dragoman: DRAGOMAN_PUBLIC_URL is not set, so there is no link to the web and no poster", file=sys.stderr)
    url = found["web"] or found["telegram"] or found["whatsapp"]
    try:
        if options.svg:
            options.svg.write_bytes(links.svg_file(url))
        if options.png:
            options.png.write_bytes(links.png_file(url))
    except OSError as error:
        raise ConfigError(f"{error.filename}: cannot be written: {error.strerror}") from None
    _print_found(found, options)
    return EXIT_OK


def _audit_verify(settings: Settings, _: argparse.Namespace) -> int:
    from bot import admin

    broken = asyncio.run(admin.audit_verify(settings))
    print("the audit is whole" if broken is None else f"line {broken} of the audit does not follow from the one before it")
    return EXIT_OK if broken is None else EXIT_FAULT


def _audit_list(settings: Settings, options: argparse.Namespace) -> int:
    from bot import admin

    lines = asyncio.run(admin.audit_lines(settings))[-options.last :]
    if options.json:
        print(json.dumps([asdict(line) | {"at": line.at.isoformat()} for line in lines], ensure_ascii=False, indent=2))
        return EXIT_OK
    for line in lines:
        print(f"{line.id}  {line.at:%Y-%m-%d %H:%M:%S}Z  {line.actor}  {line.deed}  {line.number or '-'}  {line.detail}".rstrip())
    return EXIT_OK


# ---------------------------------------------------------------- backups and keys


def _backup(settings: Settings, options: argparse.Namespace) -> int:
    from bot import admin

    written = asyncio.run(admin.write_backup(settings, options.folder))
    if options.json:
        print(json.dumps({"file": str(written.file), "bytes": written.bytes, "removed": written.removed}))
        return EXIT_OK
    print(f"{written.file}: {written.bytes} bytes, looked through; {written.removed} older files removed")
    print("Keep the master key in another place: without it nothing in a backup opens.")
    return EXIT_OK


def _restore(settings: Settings, options: argparse.Namespace) -> int:
    from bot import admin

    found = asyncio.run((admin.drill if options.drill else admin.restore)(settings, options.folder, options.file))
    checkup = found.checkup
    if options.json:
        print(json.dumps({"file": found.file, "buried": found.buried, "well": checkup.is_well, **asdict(checkup)}))
        return EXIT_OK if checkup.is_well else EXIT_FAULT
    print(f"{found.file}: {'tried and thrown away' if options.drill else 'restored'}; keys of erased people removed: {found.buried}")
    print("".join(f"  {name.replace('_', ' '):12}{count}\n" for name, count in checkup.counts.items()), end="")
    print(f"  do not open {checkup.unreadable}")
    broken = checkup.broken_audit
    print("the audit is whole" if broken is None else f"line {broken} of the audit does not follow from the one before it")
    return EXIT_OK if checkup.is_well else EXIT_FAULT


def _keys_rotate(settings: Settings, _: argparse.Namespace) -> int:
    from bot import admin

    count = asyncio.run(admin.rotate_keys(settings))
    print("the master key is changed" if count is None else f"the master key is changed, {count} data keys are wrapped with the new one")
    if count is not None:
        print("The bot that serves takes it over within five minutes.")
    print("Keep the earlier key until the next `dragoman backup` has overwritten the key file of the backups.")
    return EXIT_OK


def _export(settings: Settings, options: argparse.Namespace) -> int:
    from bot import admin

    stamps, faults = asyncio.run(admin.export_checked(settings, options.city, dry_run=options.dry_run))
    for stamp in stamps:
        print(f"{stamp.file}: {stamp.entry_id}: {stamp.given.on} {stamp.given.by}")
    for fault in faults:
        print(f"dragoman: {fault}", file=sys.stderr)
    print(f"{len(stamps)} confirmations {'to write' if options.dry_run else 'written'}")
    return EXIT_FAULT if faults else EXIT_OK


def _migrate(settings: Settings, options: argparse.Namespace) -> int:
    from bot import admin

    counts = asyncio.run(admin.migrate(settings, options.source, options.target))
    for table, count in counts.items():
        print(f"{count:>10}  {table}")
    print(f"{sum(counts.values())} rows moved and counted. Set DRAGOMAN_DATABASE_URL and start; delete the old files once all is well.")
    return EXIT_OK


EXAMPLES = 5  # texts of a group that are shown


def _gaps(settings: Settings, options: argparse.Namespace) -> int:
    from bot import admin

    entry_id = options.to_entry or options.to_draft
    if entry_id or options.group is not None:
        if not (entry_id and options.group is not None and options.city):
            raise ConfigError("writing a group needs --city, --group and --to-entry or --to-draft")
        written = asyncio.run(admin.use_gap(settings, options.city, options.group, entry_id, draft=bool(options.to_draft)))
        print("\n".join((*written, f"{len(written)} questions written to {entry_id}")))
        return EXIT_OK
    found = asyncio.run(admin.gaps(settings, options.city, options.language))
    if options.json:
        shown = (
            {"number": g.number, "city": g.city, "language": g.locale, "count": len(g.ids), "texts": g.texts, "nearest": g.entry_id}
            for g in found
        )
        print(json.dumps([*shown], ensure_ascii=False, indent=2))
        return EXIT_OK
    for gap in found:
        print(f"{gap.city} {gap.number}: {len(gap.ids)} in {gap.locale}, nearest: {gap.entry_id or '-'}")
        print("".join(f"    {text}\n" for text in gap.texts[:EXAMPLES]), end="")
    return EXIT_OK

"""What the checker has to say: findings, each with file, line, entry and language, and the report that holds them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass, field
from typing import Literal

from bot.errors import KnowledgeError

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Where:
    """The place a finding is about. `file` is relative to the knowledge folder."""

    file: str
    entry: str = ""
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark. `line` counts from 1 (0 where no line can be named)."""

    level: Level
    message: str
    where: Where
    line: int = 0

    def as_error(self) -> KnowledgeError:
        """Turn the finding into the exception that carries the same words."""
        return KnowledgeError(self.message, file=self.where.file, line=self.line, entry=self.where.entry, locale=self.where.locale)

    def __str__(self) -> str:
        return f"{self.level}: {self.as_error()}"


@dataclass(slots=True)
class Findings:
    """Collects findings while files are read."""

    found: list[Finding] = field(default_factory=list)

    def error(self, where: Where, line: int, message: str) -> None:
        """Note a fault that keeps the knowledge from being used."""
        self.found.append(Finding("error", message, where, line))

    def warn(self, where: Where, line: int, message: str) -> None:
        """Note something a person should look at."""
        self.found.append(Finding("warning", message, where, line))

    def take(self, error: KnowledgeError) -> None:
        """Note an exception as an error."""
        self.error(Where(error.file, error.entry, error.locale), error.line, error.message)

    @property
    def errors(self) -> list[Finding]:
        """The errors alone, in the order they were met."""
        return [finding for finding in self.found if finding.level == "error"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one language of one city is, counted in published entries.

    `outdated`: the source text has changed since; `unread`: a translation nobody has held against its source; `machine`: words a machine
    wrote and no person has read; `confirmed`: words and facts that people have confirmed; `due`: whose review day has passed; `long`: with
    more words than MAX_WORDS; `lix`: how hard the answers are to read (LIX after Björnsson; under 40 is easy; None where words are not
    parted by spaces)."""

    city: str
    locale: str
    entries: int
    missing: int
    outdated: int
    unread: int
    machine: int
    confirmed: int
    due: int
    long: int
    lix: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of one check, errors first, and how far each language is."""

    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    table: tuple[Standing, ...] = ()

    def as_text(self) -> str:
        """Write the report for people, one finding a line and the count last."""
        lines = [str(finding) for finding in (*self.errors, *self.warnings)]
        return "\n".join([*lines, f"{_count(self.errors, 'error')}, {_count(self.warnings, 'warning')}"])

    def as_table(self) -> str:
        """Write how far each language is, one a line."""
        rows = [list(Standing.__dataclass_fields__)]
        rows += [["-" if value is None else str(value) for value in astuple(standing)] for standing in self.table]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)

    def as_dict(self) -> dict[str, list[dict[str, str | int | None]]]:
        """Give the report as plain values for JSON."""
        return {
            "errors": [_plain(finding) for finding in self.errors],
            "warnings": [_plain(finding) for finding in self.warnings],
            "table": [asdict(standing) for standing in self.table],
        }


def _count(findings: tuple[Finding, ...], noun: str) -> str:
    return f"{len(findings)} {noun}" if len(findings) == 1 else f"{len(findings)} {noun}s"


def _plain(finding: Finding) -> dict[str, str | int | None]:
    where = finding.where
    return {"file": where.file, "line": finding.line, "entry": where.entry, "locale": where.locale, "message": finding.message}


def report_of(findings: Iterable[Finding], table: tuple[Standing, ...] = ()) -> Report:
    """Sort findings into a report; inside a level by file and line."""
    ordered = sorted(findings, key=lambda finding: (finding.where.file, finding.line))
    errors = tuple(finding for finding in ordered if finding.level == "error")
    return Report(errors, tuple(finding for finding in ordered if finding.level == "warning"), table)

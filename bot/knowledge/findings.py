"""What the checker has to say: findings, each with file, line, entry and language, and the report that holds them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
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
class Report:
    """All findings of one check, errors first."""

    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]

    def as_text(self) -> str:
        """Write the report for people, one finding a line and the count last."""
        lines = [str(finding) for finding in (*self.errors, *self.warnings)]
        return "\n".join([*lines, f"{_count(self.errors, 'error')}, {_count(self.warnings, 'warning')}"])

    def as_dict(self) -> dict[str, list[dict[str, str | int]]]:
        """Give the report as plain values for JSON."""
        return {"errors": [_plain(finding) for finding in self.errors], "warnings": [_plain(finding) for finding in self.warnings]}


def _count(findings: tuple[Finding, ...], noun: str) -> str:
    return f"{len(findings)} {noun}" if len(findings) == 1 else f"{len(findings)} {noun}s"


def _plain(finding: Finding) -> dict[str, str | int]:
    where = finding.where
    return {"file": where.file, "line": finding.line, "entry": where.entry, "locale": where.locale, "message": finding.message}


def report_of(findings: Iterable[Finding]) -> Report:
    """Sort findings into a report; inside a level by file and line."""
    ordered = sorted(findings, key=lambda finding: (finding.where.file, finding.line))
    errors = tuple(finding for finding in ordered if finding.level == "error")
    return Report(errors, tuple(finding for finding in ordered if finding.level == "warning"))

"""Percentiles and plain tables of the benchmarks."""

from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` percent of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share / 100 * len(ordered)) - 1))]


def table(title: str, rows: Sequence[tuple[str, str]]) -> str:
    """Write rows of name and figure under a title."""
    width = max(len(name) for name, _ in rows)
    return "\n".join([title, *(f"  {name.ljust(width)}  {figure}" for name, figure in rows)])

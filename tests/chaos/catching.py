"""How a mutant is held against a test that must notice it."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from bot.errors import BotError
from tests.chaos import mutants
from tests.contracts.conftest import Engine

Test = Callable[..., Coroutine[Any, Any, None]]
FAILURES = (AssertionError, BotError, sqlite3.Error, LookupError, ValueError, TimeoutError, pytest.fail.Exception)

CAUGHT: list[str] = []  # the mutants that some test is held against


def catches(mutant: str, test: Test, only: str = "") -> Test:
    """Return a test that breaks our code and then wants `test` to fail; with the same fixtures. `only`: the engine it is about."""
    CAUGHT.append(mutant)

    @functools.wraps(test)
    async def caught(*given: Any, **named: Any) -> None:
        def patch(owner: Any, name: str, value: Any) -> None:
            monkeypatch.setitem(owner, name, value) if isinstance(owner, dict) else monkeypatch.setattr(owner, name, value)

        if only and any(isinstance(each, Engine) and each.name != only for each in (*given, *named.values())):
            pytest.skip(f"the others do not do what is broken here, {only} does")
        with pytest.MonkeyPatch.context() as monkeypatch:
            mutants.apply(mutant, patch)
            with pytest.raises(FAILURES):
                await test(*given, **named)

    return caught

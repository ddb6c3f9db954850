"""The DeskStore contract over units of work."""

from __future__ import annotations

from bot.store.desk_cases import CaseMethods
from bot.store.desk_gaps import GapMethods
from bot.store.desk_people import PeopleMethods


class DeskMethods(CaseMethods, PeopleMethods, GapMethods):
    """Made with the worker of the store; see bot.store.desk.DeskStore for what each method promises."""

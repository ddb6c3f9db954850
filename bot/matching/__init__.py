"""What a text means: a crisis, small talk, or a question and the entries that answer it. Pure, thread safe, quick."""

from __future__ import annotations

from bot.matching.matcher import Matcher
from bot.matching.normalise import normalise

__all__ = ["Matcher", "normalise"]

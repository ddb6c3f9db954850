"""The dialogue: `step` takes a conversation and an event and says what happens next. It touches nothing outside."""

from bot.dialogue.context import Context, Matcher, Translator
from bot.dialogue.engine import step
from bot.dialogue.fallbacks import apology
from bot.dialogue.mydata import render_data

__all__ = ["Context", "Matcher", "Translator", "apology", "render_data", "step"]

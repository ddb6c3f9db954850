"""The dialogue: `step` takes a conversation and an event and says what happens next. It touches nothing outside."""

from bot.dialogue.context import Context, Matcher, Translator
from bot.dialogue.engine import step
from bot.dialogue.fallbacks import apology, too_many
from bot.dialogue.home import READY
from bot.dialogue.mydata import render_data
from bot.dialogue.terms import command_descriptions

__all__ = ["READY", "Context", "Matcher", "Translator", "apology", "command_descriptions", "render_data", "step", "too_many"]

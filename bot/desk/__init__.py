"""The shell around the desk: who may do what with a case, what time does to it, and how desks on the web and in Telegram hear of it."""

from bot.desk.deskservice import DeskService, WriteConfirmed
from bot.desk.gaps import Grow
from bot.desk.groups import CHANNEL as GROUP_CHANNEL
from bot.desk.judged import with_new
from bot.desk.practice import PracticeChannel
from bot.desk.profiles import fault_of
from bot.desk.rules import DeskRules, invitation
from bot.desk.words import DeskWords

__all__ = [
    "GROUP_CHANNEL",
    "DeskRules",
    "DeskService",
    "DeskWords",
    "Grow",
    "PracticeChannel",
    "WriteConfirmed",
    "fault_of",
    "invitation",
    "with_new",
]

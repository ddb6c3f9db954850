"""The web desk: where advisors see who waits, read, answer and close."""

from bot.channels.desk.pages import DeskPages

__all__ = ["DeskPages"]

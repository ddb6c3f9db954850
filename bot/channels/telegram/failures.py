"""What an error of the Bot API means for a message: our ChannelError tree, without any text the platform quotes."""

from __future__ import annotations

from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError

from bot.channels.telegram.request import NotSentError, ThrottledError
from bot.errors import ChannelError, ChannelRejected, ChannelThrottled, ContactBlocked

# Telegram's descriptions, compared without case since the library changes it (tdlib/telegram-bot-api Client.cpp, read November 2025)
UNREACHABLE = ("chat not found", "peer_id_invalid", "user not found", "chat_id is empty")
UNSHOWABLE = ("can't parse entities", "button_url_invalid", "wrong http url", "unsupported url protocol")


def is_unshowable(error: BadRequest) -> bool:
    """Tell whether the server refused our markup or a link button, so that plain text may pass."""
    return any(sign in error.message.casefold() for sign in UNSHOWABLE)


def channel_error(error: TelegramError) -> ChannelError:
    """Translate an error of a send."""
    match error:
        case ThrottledError():
            return ChannelThrottled(error.retry_after_s)
        case Forbidden():
            return ContactBlocked("telegram: forbidden")
        case BadRequest():
            return _refused(error)
        case InvalidToken():
            return ChannelError("telegram: token refused", retryable=True, uncertain=False)
        case NotSentError():
            return ChannelError(f"telegram: no connection ({error.message})", retryable=True, uncertain=False)
        case _:  # the server failed (5xx) or its answer did not reach us whole
            return ChannelError(f"telegram: {type(error).__name__}", retryable=True, uncertain=True)


def _refused(error: BadRequest) -> ChannelError:
    description = error.message.casefold()
    if any(sign in description for sign in UNREACHABLE):
        return ContactBlocked("telegram: no such chat")
    return ChannelRejected(f"telegram: {description.partition(':')[0][:60]}")  # what follows a colon may quote the message

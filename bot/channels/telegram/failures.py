"""What an error of the Bot API means for a message: our ChannelError tree, without any text the platform quotes."""

from __future__ import annotations

from collections.abc import Sequence

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError

from bot.channels.telegram.request import NotSentError, ThrottledError
from bot.errors import ChannelError, ChannelRejected, ChannelThrottled, ContactBlocked

# Telegram's descriptions, compared without case since the library changes it (tdlib/telegram-bot-api Client.cpp, read November 2025)
UNREACHABLE = ("chat not found", "peer_id_invalid", "user not found", "chat_id is empty")
UNSHOWABLE = ("can't parse entities", "button_url_invalid", "wrong http url", "unsupported url protocol")
NO_TOPIC = ("message thread not found", "topic_deleted", "topic_id_invalid", "topic_closed")
NO_RIGHT = ("not enough rights", "chat_admin_required", "need administrator rights", "not a forum")
OF_A_FILE = ("file", "photo", "image", "voice", "video", "audio", "animation", "document", "media", "sticker", "caption")


def says(error: BadRequest, signs: Sequence[str]) -> bool:
    """Tell whether the server named one of some reasons."""
    return any(sign in error.message.casefold() for sign in signs)


def is_unshowable(error: BadRequest) -> bool:
    """Tell whether the server refused our markup or a link button, so that plain text may pass."""
    return says(error, UNSHOWABLE)


def channel_error(error: TelegramError) -> ChannelError:
    """Translate an error of a send."""
    match error:
        case ThrottledError():
            return ChannelThrottled(error.retry_after_s)
        case Forbidden():
            return ContactBlocked("telegram: forbidden")
        case BadRequest():
            return _refused(error)
        case ChatMigrated():  # its new address is on the way to us as an update
            return ChannelError("telegram: the group has moved", retryable=True, uncertain=False)
        case InvalidToken():
            return ChannelError("telegram: token refused", retryable=True, uncertain=False)
        case NotSentError():
            return ChannelError(f"telegram: no connection ({error.message})", retryable=True, uncertain=False)
        case _:  # the server failed (5xx) or its answer did not reach us whole
            return ChannelError(f"telegram: {type(error).__name__}", retryable=True, uncertain=True)


def _refused(error: BadRequest) -> ChannelError:
    if says(error, UNREACHABLE):
        return ContactBlocked("telegram: no such chat")
    return ChannelRejected(f"telegram: {error.message.casefold().partition(':')[0][:60]}")  # what follows a colon may quote the message

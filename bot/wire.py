"""Events and messages as JSON bytes and back, for the store; unknown or damaged bytes raise StoreError."""

from pydantic import TypeAdapter, ValidationError

from bot.errors import StoreError
from bot.model import Event, Message

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
_MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)


def encode_event(event: Event) -> bytes:
    """Write an event as JSON."""
    return _EVENT.dump_json(event, exclude_defaults=False)


def decode_event(raw: bytes) -> Event:
    """Read an event; raises StoreError on damaged bytes."""
    try:
        return _EVENT.validate_json(raw)
    except ValidationError as error:
        raise StoreError(f"stored event does not parse: {error.error_count()} faults") from None


def encode_message(message: Message) -> bytes:
    """Write a message as JSON, defaults too: `kind` is one, and only it tells a paragraph from a heading."""
    return _MESSAGE.dump_json(message)


def decode_message(raw: bytes) -> Message:
    """Read a message; raises StoreError on damaged bytes."""
    try:
        return _MESSAGE.validate_json(raw)
    except ValidationError as error:
        raise StoreError(f"stored message does not parse: {error.error_count()} faults") from None

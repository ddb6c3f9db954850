"""Files: sent by their id or uploaded, and fetched again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from tests.botapi.call import Call, Refused
from tests.botapi.rules import caption_of, count_one, keyboard_of, place_of, result_of
from tests.botapi.world import File, Json, Sent, World

MAX_DOWNLOAD = 20 * 1024 * 1024
MAX_UPLOAD = 50 * 1024 * 1024
MAX_PHOTO = 10 * 1024 * 1024
IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
NAMES = {
    "photo": "Photo",
    "voice": "VoiceNote",
    "audio": "Audio",
    "video": "Video",
    "animation": "Animation",
    "video_note": "VideoNote",
    "document": "Document",
}


def send_file(kind: str, world: World, call: Call) -> object:
    """Send a file of a kind, as the parameter of that name holds it: an id, or what is uploaded with the call."""
    chat_id, topic = place_of(world, call)
    source, text, entities = ("", "", []) if kind == "video_note" else caption_of(call)
    file = _known(world, call, kind) or _uploaded(world, call, kind)
    sent = Sent(chat_id, 0, f"send{''.join(part.title() for part in kind.split('_'))}", text=text, source=source, entities=entities)
    sent.topic, sent.file = topic, file
    sent.document = (file.name, file.content) if kind == "document" else None
    keyboard_of(call, sent)
    count_one(world, chat_id)
    return result_of(world, world.deliver(sent))


def _known(world: World, call: Call, kind: str) -> File | None:
    value = call.values.get(kind)
    if not isinstance(value, str) or value.startswith("attach://"):
        return None
    file = world.files.get(value)
    if file is None:
        raise Refused(400, "Bad Request: wrong file identifier/HTTP URL specified")
    if file.kind != kind:
        raise Refused(400, f"Bad Request: can't use file of type {NAMES[file.kind]} as {NAMES[kind]}")
    return file


def _uploaded(world: World, call: Call, kind: str) -> File:
    value = call.values.get(kind)
    name, content = call.files.get(value.removeprefix("attach://") if isinstance(value, str) else kind, ("", b""))
    if not content:
        raise Refused(400, "Bad Request: file must be non-empty")
    if len(content) > MAX_UPLOAD:
        raise Refused(413, "Request Entity Too Large")
    if kind == "photo":
        _check_photo(content)
    return world.keep_file(kind, content, name)


def _check_photo(content: bytes) -> None:
    if len(content) > MAX_PHOTO:
        raise Refused(400, f"Bad Request: file of size {len(content)} bytes is too big for a photo; the maximum size is {MAX_PHOTO} bytes")
    if not content.startswith(IMAGES):
        raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED")


def get_file(world: World, call: Call) -> object:
    """Say where a file is to be fetched."""
    file = world.files.get(call.text("file_id"))
    if file is None:
        raise Refused(400, "Bad Request: invalid file_id")
    if file.size > MAX_DOWNLOAD:
        raise Refused(400, "Bad Request: file is too big")
    found: Json = {"file_id": file.file_id, "file_unique_id": "QQ", "file_size": file.size, "file_path": file.path}
    return found


MEDIA: Mapping[str, Callable[[World, Call], object]] = {
    "sendPhoto": partial(send_file, "photo"),
    "sendVoice": partial(send_file, "voice"),
    "sendAudio": partial(send_file, "audio"),
    "sendVideo": partial(send_file, "video"),
    "sendAnimation": partial(send_file, "animation"),
    "sendVideoNote": partial(send_file, "video_note"),
    "sendDocument": partial(send_file, "document"),
    "getFile": get_file,
}

"""The format as JSON Schema, so that editors complete and check knowledge files while somebody types.

Made from schema.py; what a schema cannot say (ids that must exist, placeholders, hours that parse) stays with `dragoman check`. The files
lie in knowledge/schema/ and say in their `title` which files they are for."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from bot.knowledge import schema, values
from bot.knowledge.schema import Key, Kind, ListOf, MapOf, Record, Value

DIALECT: Final = "http://json-schema.org/draft-07/schema#"  # what YAML editors read
FILES: Mapping[str, tuple[str, Kind]] = {
    "topics": ("topics.yaml", schema.TOPICS),
    "safety": ("safety.yaml", schema.SAFETY),
    "safety-words": ("safety.<language>.yaml", schema.CRISIS_WORDS),
    "smalltalk": ("smalltalk.yaml", schema.SMALLTALK),
    "phrases": ("phrases/<host language>.yaml", schema.CARDS),
    "lexicon": ("lexicon/<language>.yaml", schema.LEXICON),
    "cries": ("cries/<language>.yaml", schema.CRIES),
    "talk": ("talk/<language>.yaml", schema.TALK),
    "uncovered": ("uncovered/<language>.yaml", schema.UNCOVERED),
    "city": ("<city>/city.yaml", schema.CITY),
    "places": ("<city>/places.yaml", MapOf(schema.SLUG, schema.PLACE)),
    "facts": ("<city>/<topic>.yaml", MapOf(schema.SLUG, schema.ENTRY)),
    "words": ("<city>/<language>/<topic>.yaml", MapOf(schema.SLUG, schema.WORDS)),
    "alerts": ("<city>/alerts.yaml", ListOf(schema.ALERT)),
}


def schema_files() -> dict[str, str]:
    """Return the text of every schema file by its name ("facts.schema.json")."""
    return {f"{name}.schema.json": _text(title, kind) for name, (title, kind) in FILES.items()}


def _text(title: str, kind: Kind) -> str:
    whole = {"$schema": DIALECT, "title": title, **_object(kind)}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _object(kind: Kind) -> dict[str, JsonValue]:
    match kind:
        case Value():
            return _value(kind)
        case ListOf():
            return {"type": "array", "items": _object(kind.item), "minItems": kind.least, "uniqueItems": kind.ids}
        case MapOf():
            return {"type": "object", "propertyNames": _value(kind.key), "additionalProperties": _object(kind.value)}
        case Record():
            return _record(kind)


def _value(kind: Value) -> dict[str, JsonValue]:
    """Describe one text. People may write numbers and dates without quotes: the loader reads every scalar as text."""
    if kind.words:
        return {"enum": [*kind.words]}
    says = f"the id of a {kind.refers} of this city" if kind.refers else _says(kind.check)
    plain: dict[str, JsonValue] = {"type": ["string", "number"]}
    return plain | ({"description": says} if says else {})


def _says(check: values.Check) -> str:
    named = inspect.getdoc(check) or ""
    return named.splitlines()[0] if named and check.__name__ != "<lambda>" else values.SAYS.get(check, "")


def _record(kind: Record) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {
        "type": "object",
        "properties": {name: _property(key) for name, key in kind.keys.items()},
        "required": [name for name, key in kind.keys.items() if key.required],
        "additionalProperties": False,
    }
    if kind.one_of:
        found["oneOf"] = [{"required": [name]} for name in kind.one_of]
    if kind.any_of:
        found["anyOf"] = [{"required": [name]} for name in kind.any_of]
    if kind.pairs:
        found["dependencies"] = {a: [b] for one, other in kind.pairs for a, b in ((one, other), (other, one))}
    return found


def _property(key: Key) -> JsonValue:
    return _object(key.kind) if key.required else {"anyOf": [_object(key.kind), {"type": "null"}]}

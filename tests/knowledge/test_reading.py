"""Hostile and clumsy files: the loader says what is wrong, quickly, and nothing else happens."""

from __future__ import annotations

import contextlib
import json
import os
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import KnowledgeError
from bot.knowledge.check import check
from bot.knowledge.load import load_knowledge
from bot.knowledge.reading import MAX_BYTES, Fields, Items, Text, read_yaml
from tests.knowledge.folders import good_files, write

TODAY = date(2026, 11, 28)
EGOV = "madrid/egov.yaml"
LAUGHS = b"a: &a [x, x]\n" + b"".join(b"%c: &%c [*%c, *%c, *%c]\n" % (n + 1, n + 1, n, n, n) for n in range(97, 120))
BOMBS: dict[str, tuple[bytes, str]] = {
    "alias bomb": (LAUGHS, "alias or anchor"),
    "alias alone": (b"a: *b", "alias or anchor"),
    "anchor": (b"a: &b c", "alias or anchor"),
    "anchor on a list": (b"a: &b [c]", "alias or anchor"),
    "tag": (b"a: !!python/object/apply:os.system [ls]", "uses a tag"),
    "tag on a text": (b"a: !!int 3", "uses a tag"),
    "merge key": (b"a: {<<: {b: c}}", "'<<'"),
    "open lists": (b"[" * 5000, "nested deeper than 16"),
    "closed lists": (b"[" * 20_000 + b"]" * 20_000, "nested deeper than 16"),
    "open mappings": (b"{a: " * 5000, "nested deeper than 16"),
    "indented mappings": (b"".join(b" " * n + b"a:\n" for n in range(500)), "nested deeper than 16"),
    "dashes": (b"- " * 60_000, "nested deeper than 16"),
    "question marks": (b"? " * 60_000, "where a key should be"),
    "quotes": (b"'" * 99_999, "not valid YAML"),
    "1 MB flat list": (b"- x\n" * 262_144, "larger than 256 KB"),
    "flat list": (b"- x\n" * 65_000, "must be a mapping"),
    "huge text": (b"a: " + b"x" * (MAX_BYTES - 3), "must be a mapping"),
    "huge key": (b"x" * 1000 + b": 1", "must be 1 to 32"),
    "many unknown keys": (b"padron: {" + b"".join(b"k%d: 1, " % n for n in range(15_000)) + b"}", "unknown key"),
    "duplicate entry": (b"padron: {a: 1}\npadron: {a: 2}", "has the key 'padron' twice"),
    "duplicate key": (b"padron:\n  status: draft\n  status: published\n", "has the key 'status' twice"),
    "binary": (bytes(range(256)) * 20, "UTF-8"),
    "NUL": (b"a: b\0c", "cannot be in a text file"),
    "UTF-16": ("padron: {}".encode("utf-16"), "UTF-8"),
    "Latin-1": ("padrón: {}".encode("latin-1"), "UTF-8"),
    "surrogate": (b"a: \xed\xa0\x80", "UTF-8"),
    "list as a key": (b"[a]: b", "where a key should be"),
    "two documents": (b"a: b\n---\nc: d", "second document"),
    "tab": (b"a:\n\tb: c", "not valid YAML"),
    "text alone": (b"hello", "must be a mapping"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_refused_quickly(bomb: str, tmp_path: Path) -> None:
    raw, says = BOMBS[bomb]
    folder = write(tmp_path, good_files() | {EGOV: raw})
    started = time.process_time()
    report = check(folder, TODAY)
    with pytest.raises(KnowledgeError):
        load_knowledge(folder)
    assert time.process_time() - started < 3
    assert any(says in finding.message and finding.where.file == EGOV for finding in report.errors), report.as_text()[:500]


def test_faults_of_syntax_name_their_line(tmp_path: Path) -> None:
    cases = {"a: b\nc: 'd\n\n": 4, "a: b\nb: [c\nd: e\n": 3, "x: 1\ny: 2\nx: 3\n": 3, "a: b\n# ok\nc: d\x01\n": 3, "a: b\nc: *d\n": 2}
    for text, line in cases.items():
        with pytest.raises(KnowledgeError) as caught:
            read_yaml(write(tmp_path, {"x.yaml": text}), "x.yaml")
        assert (caught.value.file, caught.value.line) == ("x.yaml", line), text
    with pytest.raises(KnowledgeError, match=r"begun in line 2\)"):
        read_yaml(write(tmp_path, {"x.yaml": "a: b\nc: 'd\n\n"}), "x.yaml")


def test_every_scalar_is_text(tmp_path: Path) -> None:
    text = "a: 016\nb: 17:00\nc: no\nd: 2026-11-28\ne: 1e3\nf: 'null'\ng: null\nh: ~\ni:\nj: ''\nk: [1, .5]\n"
    node = read_yaml(write(tmp_path, {"x.yaml": text}), "x.yaml")
    assert isinstance(node, Fields)
    values = {key: child.value for key, child in node.pairs.items() if isinstance(child, Text)}
    assert values == {
        "a": "016",
        "b": "17:00",
        "c": "no",
        "d": "2026-11-28",
        "e": "1e3",
        "f": "null",
        "g": None,
        "h": None,
        "i": None,
        "j": "",
    }
    assert node.pairs["k"] == Items([Text("1", 11), Text(".5", 11)], 11)
    assert node.lines["k"] == 11


def test_texts_reach_the_model_as_written(tmp_path: Path) -> None:
    city = load_knowledge(write(tmp_path, good_files())).cities["madrid"]
    assert city.entries["emergency.call-112"].facts["line"].value == "016"
    assert city.entries["egov.padron"].facts["code"].value == "no"
    assert city.places["line"].short == "016"
    assert city.places["office"].speaks_to_people
    assert not city.places["line"].speaks_to_people


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    files = good_files()
    load_knowledge(write(tmp_path, files | {EGOV: b"\xef\xbb\xbf" + files[EGOV].encode()}))


def test_an_empty_topic_file_is_an_empty_topic(tmp_path: Path) -> None:
    files = good_files() | {"madrid/alerts.yaml": "", "madrid/places.yaml": good_files()["madrid/places.yaml"]}
    assert load_knowledge(write(tmp_path, files | {"madrid/ar/emergency.yaml": "# nothing yet\n"})).cities["madrid"].alerts == ()


@pytest.mark.parametrize("file", ["madrid/egov.yaml", "madrid/es/egov.yaml", "topics.yaml", "madrid/notes.txt", "madrid/es"])
def test_symbolic_links_are_refused(file: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "knowledge", good_files())
    path = folder / file
    if path.exists():
        path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KnowledgeError, match="symbolic link"):
        load_knowledge(folder)


def test_a_linked_city_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "knowledge", good_files())
    write(tmp_path / "secret", {"city.yaml": good_files()["madrid/city.yaml"]})
    (folder / "toledo").symlink_to(tmp_path / "secret")
    with pytest.raises(KnowledgeError, match="toledo: is a symbolic link"):
        load_knowledge(folder)


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    folder = write(tmp_path, good_files())
    (folder / EGOV).unlink()
    os.mkfifo(folder / EGOV)
    with pytest.raises(KnowledgeError, match="not an ordinary file"):
        load_knowledge(folder)


def test_names_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    write(tmp_path, {"secret.yaml": "padron: {}"})
    folder = write(tmp_path / "knowledge", good_files() | {"topics.yaml": '../secret: {icon: x, order: "1", names: {es: x}}\n'})
    errors = check(folder, TODAY).as_text()
    assert "topics.yaml:1: key in the file: '../secret' must be 1 to 32" in errors
    assert "secret.yaml" not in errors


def test_names_that_are_not_utf8_are_passed_over(tmp_path: Path) -> None:
    folder = write(tmp_path, good_files())
    (folder / os.fsdecode(b"madrid/\xff\xfe.txt")).write_text("x")
    load_knowledge(folder)
    (folder / os.fsdecode(b"madrid/\xff\xfe.yaml")).write_text("x")
    with pytest.raises(KnowledgeError, match="is no file of the format"):
        load_knowledge(folder)


STRAYS = {
    "egov.yaml": "is no file of the format",
    "madrid/taxes.yaml": "its name is no topic",
    "madrid/egov.yml": "its name is no topic",
    "madrid/es/taxes.yaml": "its name is no topic",
    "madrid/es/egov.yml": "its name is no topic",
    "Toledo/city.yaml": "folder name must be 1 to 32 small letters",
    "toledo/README.md": "toledo/city.yaml: is missing",
}


@pytest.mark.parametrize("file", STRAYS)
def test_strays_are_named(file: str, tmp_path: Path) -> None:
    report = check(write(tmp_path, good_files() | {file: "x: y"}), TODAY)
    assert STRAYS[file] in report.as_text()
    assert report.errors


@pytest.mark.parametrize("file", [".git/x.yaml", "README.md", "madrid/notes.txt", "madrid/.egov.yaml.swp", "madrid/egov.yaml~"])
def test_other_files_do_no_harm(file: str, tmp_path: Path) -> None:
    assert check(write(tmp_path, good_files() | {file: "x: ["}), TODAY).as_text() == "0 errors, 0 warnings"


@pytest.mark.parametrize("file", ["events.yaml", "madrid/events.yaml"])
def test_files_of_later_versions_are_passed_over_aloud(file: str, tmp_path: Path) -> None:
    (finding,) = check(write(tmp_path, good_files() | {file: "x: ["}), TODAY).warnings
    assert finding.message == "is not read by this version"


@pytest.mark.parametrize("file", ["topics.yaml", "safety.yaml", "madrid/city.yaml"])
def test_some_files_cannot_be_left_out(file: str, tmp_path: Path) -> None:
    folder = write(tmp_path, good_files())
    (folder / file).unlink()
    with pytest.raises(KnowledgeError, match="is missing"):
        load_knowledge(folder)


@pytest.mark.parametrize("file", ["smalltalk.yaml", "madrid/alerts.yaml", "madrid/questions.jsonl"])
def test_others_can(file: str, tmp_path: Path) -> None:
    folder = write(tmp_path, good_files())
    (folder / file).unlink()
    assert check(folder, TODAY).as_text() == "0 errors, 0 warnings"


def test_a_missing_or_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="cannot be read"):
        load_knowledge(tmp_path / "nowhere")
    with pytest.raises(KnowledgeError, match="there is no city"):
        load_knowledge(tmp_path)


@given(
    raw=st.binary(max_size=400)
    | st.text(max_size=200).map(str.encode)
    | st.text("{}[]:,-&*!|>'\"%@`#? \n\tab", max_size=200).map(str.encode)
)
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(raw: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = write(tmp_path_factory.getbasetemp() / "any", {"x.yaml": raw})
    with contextlib.suppress(KnowledgeError):
        read_yaml(folder, "x.yaml")


LEAVES = (
    st.none() | st.text(max_size=8) | st.sampled_from(["published", "2026-11-28", "+34 914 800 010", "egov.padron", "es", "10", "{phone}"])
)
KEYS = ["padron", "status", "facts", "steps", "wording", "x"]
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(tree=TREES, file=st.sampled_from([file for file in good_files() if file.endswith(".yaml")]))
@settings(max_examples=150, deadline=None)
def test_any_tree_is_loaded_or_refused(tree: object, file: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = write(tmp_path_factory.getbasetemp() / "tree", good_files() | {file: json.dumps(tree)})
    report = check(folder, TODAY)
    try:
        load_knowledge(folder)
    except KnowledgeError:
        assert report.errors
    else:
        assert not report.errors

"""The Dockerfile's own commands, without a container engine: in a clean folder, in the image's environment, as a user without rights.

What a container would give is stood in for: the image's folders lie below one of ours, and their names in the commands are changed to that;
the sources are the image's, and cannot be written to."""

from __future__ import annotations

import json
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.operation.test_deploy import ROOT, UID, instructions
from tests.running import free_port, knowledge_of

PLACES = ("/opt/dragoman", "/app", "/data", "/backup")
READY_S = 180

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user"),
    pytest.mark.skipif(shutil.which("python3", path="/usr/bin") is None, reason="no Python that another user may run"),
]


class Image:
    """The folders of an image below `root`."""

    def __init__(self, root: Path) -> None:
        self.root, self.user = root, pwd.getpwnam("nobody")
        self.environment = {"HOME": str(root / "home"), "LANG": "C.UTF-8"} | {k: v for k, v in os.environ.items() if k.startswith("PIP_")}
        self.port = str(free_port())
        for folder in ("app", "home", "opt", "tmp"):
            (root / folder).mkdir()
            os.chown(root / folder, self.user.pw_uid, self.user.pw_gid)

    def below(self, text: str) -> str:
        """Name the image's folders as they are called here."""
        for place in PLACES:
            text = text.replace(place, f"{self.root}{place}")
        return text

    def run(self, command: list[str], *, as_root: bool = False) -> None:
        """Run a command to its end; it must succeed."""
        told = subprocess.run(command, **self._alone(as_root), capture_output=True, text=True, timeout=600)  # type: ignore[call-overload]
        assert told.returncode == 0, (command, told.stdout[-2000:], told.stderr[-2000:])

    def start(self, command: list[str], log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as out:
            return subprocess.Popen(command, **self._alone(False), stdin=subprocess.DEVNULL, stdout=out, stderr=out)  # type: ignore[call-overload, no-any-return]

    def _alone(self, as_root: bool) -> Mapping[str, object]:
        who = {} if as_root else {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        return {"cwd": self.root / "app", "env": {"PATH": "/usr/bin:/bin"} | self.environment} | who

    def build(self) -> None:
        """Do what the Dockerfile says, in its order."""
        for name, rest in instructions():
            if name == "RUN" and rest.startswith("apt-get "):
                continue  # the packages of this machine stay as they are
            if name == "RUN" and rest.startswith("install "):
                self.run(shlex.split(self.below(rest.replace(str(UID), str(self.user.pw_uid)))), as_root=True)
            elif name == "RUN":
                self.run(["/bin/sh", "-c", self.below(rest.replace("python -m venv", "/usr/bin/python3 -m venv", 1))])
            elif name == "ENV":
                self.environment |= dict(pair.split("=", 1) for pair in self.below(rest).split())
            elif name == "COPY" and not rest.startswith("--from"):
                self.copy(*rest.split())
        self.environment["DRAGOMAN_PORT"] = self.port

    def copy(self, source: str, target: str) -> None:
        path = ROOT / source
        if path.is_dir():
            shutil.copytree(path, self.root / "app" / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, self.root / "app" / target)
        for each in (self.root / "app").rglob("*"):
            os.chown(each, self.user.pw_uid, self.user.pw_gid)

    def close(self) -> None:
        """Leave what the image holds to root: from now on nobody may write to it."""
        for folder in ("app", "opt"):
            for each in [self.root / folder, *(self.root / folder).rglob("*")]:
                os.chown(each, 0, 0, follow_symlinks=False)

    def state(self) -> dict[str, int]:
        """Return every file but the data, and when it was last changed."""
        return {
            str(path.relative_to(self.root)): path.lstat().st_mtime_ns
            for path in self.root.rglob("*")
            if path.relative_to(self.root).parts[0] not in ("data", "home", "tmp")
        }


@pytest.fixture
def image() -> Iterator[Image]:
    with tempfile.TemporaryDirectory(prefix="dragoman-image-") as folder:  # not below pytest's, which is closed to others
        Path(folder).chmod(0o755)
        image = Image(Path(folder))
        image.build()
        image.environment["DRAGOMAN_KNOWLEDGE_DIR"] = str(knowledge_of("zagreb", image.root / "opt"))  # one city is learnt quickly
        image.close()
        yield image


def test_the_dockerfile_makes_a_bot_that_runs_without_rights_and_writes_to_its_data_alone(image: Image) -> None:
    found = dict(instructions())
    entry, command = (list(filter(None, _words(found[name]))) for name in ("ENTRYPOINT", "CMD"))
    before, log = image.state(), image.root / "tmp" / "log"
    health = [word.replace(":8080", f":{image.port}") for word in _words(found["HEALTHCHECK"].partition(" CMD ")[2])]
    process = image.start([image.below(f"/opt/dragoman/bin/{entry[0]}"), *command], log)
    try:
        end = time.monotonic() + READY_S
        python = image.below("/opt/dragoman/bin/python")
        while subprocess.run([python, *health[1:]], capture_output=True, timeout=10).returncode:
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < end, log.read_text()[-2000:]
            time.sleep(0.5)
        owners = {line.split()[1] for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if line.startswith("Uid:")}
        assert owners == {str(image.user.pw_uid)}
    finally:
        process.terminate()
        code = process.wait(15)
    assert code == 0
    assert image.state() == before
    assert (image.root / "data" / "dragoman.db").stat().st_uid == image.user.pw_uid
    assert "Traceback" not in log.read_text()


def _words(text: str) -> list[str]:
    return [word.strip() for word in json.loads(text)]

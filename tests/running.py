"""Starts `dragoman serve` as its own process, the way an operator does, for tests, chaos and benchmarks."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".pytest_cache" / "knowledge"
_SLICE, _SLICES = 600, 20  # ports of one process that tests, of processes whose numbers follow one another
_FIRST = 20_000 + _SLICE * (os.getpid() % _SLICES)  # below the ephemeral range, so that nobody else is handed one
_PORTS = cycle(range(_FIRST, _FIRST + _SLICE))


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    for port in islice(_PORTS, _SLICE):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port left")


def knowledge_of(city: str, place: Path) -> Path:
    """Copy what one city knows, and what every city needs; returns the folder."""
    shutil.copytree(ROOT / "knowledge" / city, place / "knowledge" / city)
    for file in ("topics.yaml", "safety.yaml", "smalltalk.yaml"):
        shutil.copy(ROOT / "knowledge" / file, place / "knowledge" / file)
    return place / "knowledge"


class Process:
    """A child process on loopback that answers `health` when it is up."""

    def __init__(self, arguments: list[str], health: str, environment: Mapping[str, str], log: Path) -> None:
        self._arguments, self._health, self._environment, self.log = arguments, health, dict(environment), log
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, timeout_s: float = 20.0) -> float:
        """Start and wait until it serves; returns the seconds that took."""
        begin = time.monotonic()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("DRAGOMAN_")}
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [sys.executable, *self._arguments],
                cwd=ROOT,
                env=inherited | self._environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        while not self.serves():
            if self._child.poll() is not None or time.monotonic() - begin > timeout_s:
                raise RuntimeError(f"did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.02)
        return time.monotonic() - begin

    def serves(self) -> bool:
        """Tell whether it answers now."""
        try:
            with urllib.request.urlopen(self._health, timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    @property
    def is_alive(self) -> bool:
        """Tell whether the process is there, serving or not."""
        return self._child is not None and self._child.poll() is None

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL."""
        assert self._child is not None
        self._child.kill()
        self._child.wait()

    def stop(self, timeout_s: float = 20.0) -> int | None:
        """End it as an operator would: SIGTERM; returns its exit code."""
        if self._child is None or self._child.poll() is not None:
            return self._child.returncode if self._child else None
        self._child.send_signal(signal.SIGTERM)
        try:
            return self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def cpu_s(self) -> float:
        """Return the processor seconds it has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mib(self) -> float:
        """Return the memory it holds now."""
        line = next(line for line in Path(f"/proc/{self.pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024


class Bot(Process):
    """`dragoman serve` on a free port with its own data folder."""

    def __init__(self, data: Path, *, module: str = "bot", extra: Mapping[str, str] = MappingProxyType({}), **settings: str) -> None:
        self.data, self.port = data, int(settings.get("PORT", 0)) or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {"DRAGOMAN_DATA_DIR": str(data), "DRAGOMAN_PORT": str(self.port), "DRAGOMAN_CACHE_DIR": str(CACHE)}
        environment["DRAGOMAN_CONTACT_BURST"] = "1000000"  # people of tests write faster than anybody can; tests of floods say otherwise
        environment["DRAGOMAN_SEMANTIC"] = "off"  # what is measured and tested is the same whatever is installed
        environment |= {f"DRAGOMAN_{name}": value for name, value in settings.items()} | dict(extra)
        data.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(["-m", module, "serve"], f"{self.url}/health", environment, data.with_suffix(".log"))


@contextlib.contextmanager
def running_bot(**settings: str) -> Iterator[Bot]:
    """Run a bot for a while; it is stopped and its folder removed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        bot = Bot(Path(folder) / "data", **settings)
        bot.start()
        try:
            yield bot
        finally:
            bot.stop()

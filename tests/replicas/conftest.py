"""A database of their own, and one city, for processes that serve side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.harness import Api
from tests.postgres import server
from tests.running import knowledge_of


@pytest.fixture(scope="session")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return knowledge_of("madrid", tmp_path_factory.mktemp("madrid"))


@pytest.fixture
def url() -> Iterator[str]:
    with server().database() as url:
        yield url


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    api = Api(tmp_path)
    api.process.start()
    yield api
    api.process.stop()

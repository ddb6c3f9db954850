from collections.abc import Iterator

import pytest

from tests.postgres import server


@pytest.fixture
def url() -> Iterator[str]:
    """An empty database of our own on PostgreSQL."""
    with server().database() as url:
        yield url

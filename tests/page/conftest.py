"""A monitor that says what a test wants, and the address of its page."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.page.page_server import Board, running
from tests.page.page_views import full_view


@pytest.fixture
def board() -> Board:
    """Return a monitor whose look is of now."""
    return Board(full_view(int(time.time())))


@pytest.fixture
def address(board: Board) -> Iterator[str]:
    """Serve the board."""
    with running(board) as found:
        yield found

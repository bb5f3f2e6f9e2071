"""Our JSON files: whatever is wrong with one is a `BadFile` that says what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bridge.errors import BadFile
from bridge.files import read_text
from bridge.foreign import foreign
from bridge.names import first_twice

MOST_BYTES: Final = 64 << 20
"""More than any of them takes: the inputs of a plan on a year of options of ten assets are a tenth of it."""


@contextmanager
def reading(path: Path, *, absent: str, otherwise: str) -> Iterator[None]:
    """Raise what reading and decoding a file raises as a `BadFile`.

    Parameters
    ----------
    absent
        What to say where there is no such file.
    otherwise
        What the file is not, where it holds something else.

    Raises
    ------
    BadFile
        It is absent, cannot be read, or holds something else.
    """
    try:
        yield
    except FileNotFoundError:
        raise BadFile(path, absent) from None
    except OSError as error:
        raise BadFile(path, f"cannot be read: {error}") from error
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, ArithmeticError) as error:
        raise BadFile(path, f"{otherwise} ({error})") from error
    except (RecursionError, MemoryError) as error:
        raise BadFile(path, f"{otherwise} (it nests too deeply, or is too large)") from error


def read_json(path: Path) -> Any:
    """Read the content of a JSON file, in a `reading` block; what is no number, or named twice, is refused."""
    return json.loads(read_text(path, MOST_BYTES), parse_constant=_no_number, object_pairs_hook=each_once)


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON, each of whose names must stand once: readers differ in which of two counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"{foreign(first_twice(name for name, _ in pairs))} stands twice in it")
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")

"""Our JSON files: whatever is wrong with one is a `BadFile` that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.errors import BadFile


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
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadFile(path, f"{otherwise} ({error})") from error

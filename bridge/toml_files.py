"""Files that people write: TOML, held against a model, and one line about what is wrong with them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from bridge.errors import BadFile
from bridge.files import read_text
from bridge.mistakes import plain_mistake

MOST_BYTES: Final = 1 << 20
"""Of settings, which are a few KB."""
BOOK_BYTES: Final = 16 << 20
"""Of a book of 50,000 positions."""
MOST_DEEP: Final = 8
"""Dots in one name: ours have two. The parser needs gigabytes for thousands of them."""
MOST_TABLES: Final = 100_000
"""Heads of tables and names with a dot in one file."""
_NAME: Final = r"""(?:[A-Za-z0-9_-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_DOT_NAME: Final = rf"(?:[ \t]*+\.[ \t]*+{_NAME})"
# Of more than 32 dots no end is looked for: that would take a time that grows with the square.
_DEEP: Final = re.compile(rf"(?<![A-Za-z0-9_-]){_NAME}{_DOT_NAME}{{{MOST_DEEP + 1},32}}+(?:{_DOT_NAME}|[ \t]*+[=\]])")
_TABLE: Final = re.compile(rf"^[ \t]*+\[|\.[ \t]*+{_NAME}[ \t]*+=", re.MULTILINE)
Model = TypeVar("Model", bound=BaseModel)


def first_mistake(error: ValidationError) -> str:
    """Say in one line where a model's first mistake is, and what it is."""
    first = error.errors()[0]
    where, words = ".".join(map(str, first["loc"])), plain_mistake(first)
    return f"{where}: {words}" if where else words


def read_toml(path: Path, model: type[Model], most: int = MOST_BYTES) -> Model:
    """Read a file of at most so many bytes as a model.

    Raises
    ------
    BadFile
        It is absent, no TOML, or the model refuses it: the first place that is wrong, and why.
    """
    try:
        return model.model_validate(toml_content(path, most))
    except FileNotFoundError:
        raise BadFile(path, "no such file") from None
    except ValidationError as error:
        raise BadFile(path, first_mistake(error)) from error
    except (OSError, ValueError) as error:
        raise BadFile(path, f"not TOML: {error}") from error


def toml_content(path: Path, most: int = MOST_BYTES) -> dict[str, Any]:
    """Read a TOML file of at most so many bytes, with or without a mark of its byte order.

    Raises
    ------
    OSError
        It cannot be read: it is absent, no file, or too long.
    ValueError
        It is no TOML.
    """
    text = read_text(path, most, "utf-8-sig")
    if found := _DEEP.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise ValueError(f"line {line} has a name of more than {MOST_DEEP} dots")
    if sum(1 for _ in _TABLE.finditer(text)) > MOST_TABLES:
        raise ValueError(f"it has more than {MOST_TABLES:,} tables")
    try:
        return tomllib.loads(text)
    except (RecursionError, MemoryError) as error:
        raise ValueError("it nests too deeply") from error

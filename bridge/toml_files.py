"""Files that people write: TOML, held against a model, and one line about what is wrong with them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from bridge.errors import BadFile
from bridge.files import read_text

MOST_BYTES: Final = 16 << 20  # a book of 50,000 positions
Model = TypeVar("Model", bound=BaseModel)


def first_mistake(error: ValidationError) -> str:
    """Say in one line where a model's first mistake is, and what it is."""
    first = error.errors()[0]
    where, words = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
    return f"{where}: {words}" if where else words


def read_toml(path: Path, model: type[Model]) -> Model:
    """Read a file as a model.

    Raises
    ------
    BadFile
        It is absent, no TOML, or the model refuses it: the first place that is wrong, and why.
    """
    try:
        return model.model_validate(toml_content(path))
    except FileNotFoundError:
        raise BadFile(path, "no such file") from None
    except ValidationError as error:
        raise BadFile(path, first_mistake(error)) from error
    except (OSError, ValueError) as error:
        raise BadFile(path, f"not TOML: {error}") from error


def toml_content(path: Path) -> dict[str, Any]:
    """Read a TOML file, with or without a mark of its byte order.

    Raises
    ------
    OSError
        It cannot be read: it is absent, no file, or too long.
    ValueError
        It is no TOML.
    """
    try:
        return tomllib.loads(read_text(path, MOST_BYTES, "utf-8-sig"))
    except RecursionError as error:
        raise ValueError("it nests too deeply") from error

"""The rows of a CSV or JSON file, whatever its encoding; nothing in it is trusted."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from bridge.errors import BadFile
from bridge.foreign import foreign, unguarded
from bridge.json_files import each_once
from bridge.names import first_twice

MOST_BYTES: Final = 200_000_000
LISTS: Final = ("trades", "logs")
"""Where the API's answers keep their entries; either in `result` or at the top."""
TWO_LISTS: Final = "holds two lists of entries, and one would be left out: give each in a file of its own"
BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

Cells = Mapping[str, Any]


class Table(NamedTuple):
    """Hold a file's rows: `rows` pairs a row number with its cells by normalised name, made as they are asked for.

    columns : normalised name to the name in the file. counted : what a row number counts, "line" or "entry".
    more : the API's answer says that there is more than it holds.
    """

    columns: Mapping[str, str]
    rows: Iterator[tuple[int, Cells]]
    counted: str
    sha256: str
    more: bool = False


def read_rows(path: Path) -> Table:
    """Return the rows of a file.

    Raises
    ------
    BadFile
        It is absent, no plain file, empty, larger than 200 MB, of another encoding, or neither CSV nor JSON; a line
        of another width than the head raises when it is asked for.
    """
    content = _content(path)
    sha256 = hashlib.sha256(content).hexdigest()
    text = _decoded(path, content)
    if not text.strip():
        raise BadFile(path, "is empty: give the export that the venue let you download")
    if text.lstrip()[0] in "{[":
        entries, more = _entries(path, text)
        columns = {_normal(name): _shown(name) for entry in entries for name in entry}
        return Table(columns, _named(path, entries), "entry", sha256, more)
    lines = _csv_rows(path, text)
    _, head = next(lines)
    names = [_normal(name) for name in head]
    if (twice := first_twice(names)) is not None:
        raise BadFile(path, f"names the column {foreign(twice, 40)!r} twice")
    return Table(dict(zip(names, map(_shown, head), strict=True)), _rows(path, names, lines), "line", sha256)


def _content(path: Path) -> bytes:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise BadFile(path, "is no plain file: give the export as CSV or JSON")
        if found.st_size > MOST_BYTES:
            raise BadFile(path, f"is larger than {MOST_BYTES // 1_000_000} MB: export fewer months at a time")
        return path.read_bytes()
    except FileNotFoundError:
        raise BadFile(path, "is absent: give the export as CSV or JSON") from None
    except (OSError, ValueError) as error:
        raise BadFile(path, f"cannot be read: {error}") from error


def _decoded(path: Path, content: bytes) -> str:
    encoding = next((name for bom, name in BOMS if content.startswith(bom)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadFile(path, f"is not UTF-8 or UTF-16 (byte {error.start}): save it as CSV in UTF-8") from None
    if "\0" in text:
        raise BadFile(path, "holds null characters: it is no text, or UTF-16 without its mark; save it as UTF-8")
    return text


def _normal(name: str) -> str:
    """Return a column's name as ours: lower case, words joined by underscores."""
    return "_".join(name.strip().lower().split())


def _shown(name: str) -> str:
    return " ".join(name.split())


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Iterate over the first line of each row and its cells, the head first; empty lines are left out."""
    head = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell and not cell.isspace() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise BadFile(path, f"is no CSV at line {begins}: {error}") from None


def _rows(path: Path, names: list[str], lines: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, Cells]]:
    width, number = len(names), 0
    for number, cells in lines:
        if len(cells) != width:
            raise BadFile(path, f"line {number} has {len(cells)} cells, its head line {width}")
        yield number, dict(zip(names, map(unguarded, cells), strict=True))
    if not number:
        raise BadFile(path, "holds a head line and no entry: there is nothing to take")


def _named(path: Path, entries: list[dict[str, Any]]) -> Iterator[tuple[int, Cells]]:
    """Iterate over the entries by normalised name; of two that are one by then nobody could say which counts."""
    for number, entry in enumerate(entries, 1):
        named = {_normal(name): cell for name, cell in entry.items()}
        if len(named) < len(entry):
            twice = foreign(first_twice(map(_normal, entry)), 40)
            raise BadFile(path, f"entry {number} names {twice!r} twice: save the API's answer as it came")
        yield number, named


def _entries(path: Path, text: str) -> tuple[list[dict[str, Any]], bool]:
    """Return the entries of an answer of the API, numbers as they are written, and whether there are more of them."""
    try:
        found = json.loads(text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=each_once)
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadFile(path, f"is no JSON: {str(error)[:120]}") from None
    except ValueError as error:
        raise BadFile(path, f"{str(error)[:120]}: save the API's answer as it came") from None
    if isinstance(found, dict) and isinstance(found.get("result"), dict | list):
        if any(name in found for name in LISTS):
            raise BadFile(path, TWO_LISTS)
        found = found["result"]
    more = False
    if isinstance(found, dict):
        more = found.get("has_more") is True or bool(found.get("continuation"))
        if all(name in found for name in LISTS):
            raise BadFile(path, TWO_LISTS)
        found = next((found[name] for name in LISTS if name in found), found)
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise BadFile(path, "holds no list of trades or of log entries: save the API's answer as it came")
    if not found:
        raise BadFile(path, "holds no entry: there is nothing to take")
    return found, more

"""Files that are whole or absent, and folders that nobody else of this machine looks into.

A file is written beside its place, under a name that nobody can guess, into a file that was not there, and then takes
its place. So whoever may write to the folder too cannot lead the writing elsewhere with a link that waits there.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import IO, Final

from bridge.errors import BadFile

PAGE: Final = "<!doctype html>"
"""How a report of ours begins."""
DRAFT: Final = ".draft"
"""How the name of a file ends that is not whole yet; a killed program leaves it behind."""
_OWNER_ALONE: Final = 0o700
_NAME_CHARACTERS: Final = 100  # of a file's name in its draft's: names end at 255 bytes


def write_whole(path: Path, text: str, shared: bool = False) -> None:
    """Replace a file atomically: a reader sees the old text or the new one, never half.

    Parameters
    ----------
    shared
        Folders that are missing are made for everyone, as those of a report are; without it for their owner alone.

    Raises
    ------
    BadFile
        It cannot be written; what was there before is still there.
    """
    draft: Path | None = None
    try:
        if path.exists() and not path.is_file():
            raise BadFile(path, "is a folder or a device, not a file: name a file")
        path.parent.mkdir(parents=True, exist_ok=True) if shared else make_private(path.parent)
        draft, handle = open_draft(path)
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)
    except OSError as error:
        if draft is not None:
            with suppress(OSError):
                draft.unlink()
        raise BadFile(path, f"cannot be written: {error}") from error


def open_draft(path: Path) -> tuple[Path, int]:
    """Make the file that is to become another one, beside it; return its path and its handle, open for writing."""
    draft = path.with_name(f".{path.name[:_NAME_CHARACTERS]}.{secrets.token_hex(8)}{DRAFT}")
    return draft, os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _no_follow(), 0o666)


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone."""
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        missing.mkdir(_OWNER_ALONE, exist_ok=True)


def open_own(path: Path, *, read: bool = False) -> int:
    """Open a file of ours to write into it, made where it is absent; never what a link in its place leads to.

    Parameters
    ----------
    read
        Read from it too.
    """
    return os.open(path, (os.O_RDWR if read else os.O_WRONLY) | os.O_CREAT | _no_follow(), 0o666)


def refuse_link(path: Path) -> None:
    """Check that no link stands in the place of a file of ours which another program opens, and would follow.

    Raises
    ------
    BadFile
        There is one, whether it leads anywhere or not.
    """
    if path.is_symlink():
        raise BadFile(path, "is a link, and could lead our writing elsewhere: remove it, or name the file it leads to")


def _no_follow() -> int:
    return getattr(os, "O_NOFOLLOW", 0)  # Windows has no such links without a privilege


def require_writable(path: Path, begins: str = "") -> None:
    """Check that a file can be written later, before the work that it is to hold begins; nothing is left behind.

    Parameters
    ----------
    begins
        How a file of this kind begins: one that is there and begins otherwise is somebody's, and stays.

    Raises
    ------
    BadFile
        It is a folder or a device, its folder cannot be made or written to, or another file is there.
    """
    refuse_circle(path)
    try:
        if path.exists() and not path.is_file():
            raise BadFile(path, "is a folder or a device, not a file: name a file")
        if begins and path.exists() and path.stat().st_size:
            with path.open("rb") as file:
                if not file.read(len(begins.encode())).startswith(begins.encode()):
                    raise BadFile(path, "is there, and is no file that this command writes: name another place")
        folder = next(parent for parent in path.absolute().parents if parent.exists())
        if not folder.is_dir():
            raise BadFile(path, f"cannot be written: {folder} is no folder")
        draft, handle = open_draft(folder / path.name)
        os.close(handle)
        draft.unlink()
    except (OSError, ValueError) as error:
        raise BadFile(path, f"cannot be written: {getattr(error, 'strerror', error)}") from error


def resolved(path: Path) -> Path:
    """Return where a path leads, through every link.

    Raises
    ------
    BadFile
        Its links lead in a circle, or it is no path.
    """
    try:
        return path.resolve()
    except (RuntimeError, OSError, ValueError) as error:  # RuntimeError is what a circle is before Python 3.13
        raise BadFile(path, f"leads nowhere: {_circle(path) or error}") from None


def refuse_circle(path: Path) -> None:
    """Check that the links of a path do not lead in a circle, of which `Path.exists` says that nothing is there.

    Raises
    ------
    BadFile
        They do.
    """
    if found := _circle(path):
        raise BadFile(path, f"leads nowhere: {found}")


def _circle(path: Path) -> str:
    try:
        os.stat(path)
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "its links lead in a circle"
    except ValueError:
        pass
    return ""


def require_own(path: Path) -> None:
    """Check that what stands in the place of a file of ours, if anything, is a file: no link, pipe or device.

    Raises
    ------
    BadFile
        It is something else.
    """
    refuse_link(path)
    if os.path.lexists(path) and not path.is_file():
        raise BadFile(path, "is a folder, a pipe or a device, where a file of ours belongs: remove it")


def open_regular(path: Path) -> BufferedReader:
    """Open a file to read it, and nothing that might never end.

    Raises
    ------
    FileNotFoundError
        It is absent.
    OSError
        It is a folder, a pipe or a device.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError("it is a folder, a pipe or a device, not a file")
    return os.fdopen(handle, "rb")


def read_bytes(path: Path, most: int) -> bytes:
    """Read a file that people or strangers give: a regular one, and not more of it than any of its kind is long.

    Raises
    ------
    FileNotFoundError
        It is absent.
    OSError
        It is a folder, a pipe or a device, which might never end, or is too long.
    """
    with open_regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(f"it is larger than {most >> 20} MiB")
    return content


def read_text(path: Path, most: int, encoding: str = "utf-8") -> str:
    """Read a file as `read_bytes` does, as text.

    Raises
    ------
    FileNotFoundError, OSError
        As there.
    UnicodeDecodeError
        It is no text.
    """
    return read_bytes(path, most).decode(encoding)


def lock_file(path: Path) -> IO[str]:
    """Open a file that no other process holds; the system lets go of it however the process ends.

    Raises
    ------
    BadFile
        Another process holds it.
    """
    refuse_link(path)
    file = os.fdopen(open_own(path), "w")
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise BadFile(path.parent, "another run works in this folder: wait for it, or choose another") from None
    return file


def write_durably(path: Path, content: bytes) -> None:
    """Write a file so that it is whole or absent, and on the disk when this returns; raises `OSError`."""
    make_private(path.parent)
    draft, handle = open_draft(path)
    try:
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put a folder's names on the disk; Windows does so by itself."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

"""What a Python that a test starts does first: read changed sources of the bridge from the folder ALVH_CHANGED.

A file there is named as its source, with `+` for `/`. What noting code notes is written there at the end.
"""

from __future__ import annotations

import atexit
import builtins
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location


class Changed:
    """Finds modules among the changed sources."""

    folder = os.environ.get("ALVH_CHANGED", "")

    @classmethod
    def find_spec(cls, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """Return where a changed module is; None leaves the others to Python."""
        single, package = (os.path.join(cls.folder, name.replace(".", "+") + end) for end in (".py", "+__init__.py"))
        if os.path.exists(single):
            return spec_from_file_location(name, single)
        if os.path.exists(package):
            inner = [os.path.join(folder, name.rpartition(".")[2]) for folder in path or ()]
            return spec_from_file_location(name, package, submodule_search_locations=inner)
        return None


def _write() -> None:
    with open(os.path.join(Changed.folder, f"seen-{os.getpid()}"), "w", encoding="utf-8") as file:
        file.write("\n".join(_seen))


if Changed.folder:
    _seen: set[str] = set()
    builtins.__seen__ = _seen.add  # type: ignore[attr-defined]
    sys.meta_path.insert(0, Changed)  # type: ignore[arg-type]
    atexit.register(_write)

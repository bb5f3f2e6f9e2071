"""What the results of a run follow from: settings, data files, and the versions of the code that reads them."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, entry_points, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import bridge
import hedge
from bridge.errors import BadConfig, BadFile
from bridge.files import open_regular
from bridge.registry import PLUGINS

PACKAGES: Final = ("numpy", "pandas", "scipy", "numba", "pyarrow")
"""Whose versions may change a number, or a part's bytes."""
MOST_NAMED: Final = 4  # differences that one line can name


@dataclass(frozen=True)
class RunInputs:
    """Everything that results follow from; two runs of equal inputs have equal results.

    Parameters
    ----------
    settings
        What was asked for, as JSON holds it.
    files
        SHA-256 of each data file, by a name that is the same on every machine.
    versions
        Of alvh, its sources, Python and the packages that compute.
    """

    settings: Mapping[str, Any]
    files: Mapping[str, str]
    versions: Mapping[str, str]

    def document(self) -> dict[str, Any]:
        """Return it as the manifest holds it."""
        return {"settings": self.settings, "files": self.files, "versions": self.versions}

    @property
    def sha256(self) -> str:
        """Hash of all of it."""
        return sha256_of(self.document())


def read_inputs(settings: Mapping[str, Any], files: Mapping[str, Path]) -> RunInputs:
    """Hash a run's data files and note its settings and versions.

    Parameters
    ----------
    settings
        Whatever else decides the results: JSON, without NaN.
    files
        Each data file by the name that the manifest gives it.

    Raises
    ------
    BadConfig
        JSON cannot hold the settings.
    BadFile
        A file cannot be read.

    Examples
    --------
    >>> read_inputs({"seed": 7}, {}).sha256 == read_inputs({"seed": 7}, {}).sha256
    True
    """
    try:
        plain = json.loads(json.dumps(settings, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise BadConfig(f"settings of a run must be plain JSON without NaN: {error}") from error
    return RunInputs(plain, {name: file_sha256(path) for name, path in sorted(files.items())}, versions())


@cache
def versions() -> dict[str, str]:
    """Return the versions of what computes, and a hash of our own sources, which change between versions too."""
    found = {"alvh": bridge.__version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "absent"
    return found | {"sources": _sources_sha256()[:16]} | _plugin_versions()


def file_sha256(path: Path) -> str:
    """Hash a file.

    Raises
    ------
    BadFile
        It is absent or cannot be read.
    """
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise BadFile(path, "no such file") from None
    except OSError as error:
        raise BadFile(path, f"cannot be read: {error.strerror or error}") from error


def sha256_of(document: Any) -> str:
    """Hash a JSON document; the order of its keys does not matter."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def differences(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Name what differs between two documents of inputs, in one line."""
    named = []
    for part, noun in (("settings", "setting"), ("files", "file"), ("versions", "version of")):
        before, after = earlier.get(part, {}), now.get(part, {})
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                named.append(f"{noun} {name}")
    more = len(named) - MOST_NAMED
    return ", ".join(named[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _plugin_versions() -> dict[str, str]:
    """Return a hash of the sources of each installed plug-in: a strategy or a layer of its own decides results too."""
    found = {}
    for plugin in entry_points(group=PLUGINS):
        spec = find_spec(plugin.module.split(".")[0])
        places = list(spec.submodule_search_locations or []) if spec else []
        files = [path for place in places for path in sorted(Path(place).rglob("*.py"))]
        files += [Path(spec.origin)] if spec and spec.origin and not places else []
        digest = hashlib.sha256()
        for path in files:
            digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
        found[f"plug-in {plugin.name}"] = digest.hexdigest()[:16]
    return found


def _sources_sha256() -> str:
    """Hash the sources that numbers pass through: all of hedge, our readers and this package."""
    roots = [Path(hedge.__file__).parent, *(Path(bridge.__file__).parent / name for name in ("sources", "study"))]
    digest = hashlib.sha256()
    for root in roots:
        for path in sorted(root.rglob("*.py")):
            digest.update(f"{root.name}/{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()

"""A registry: things of one kind by name, those that come with us and those that a plug-in adds.

A plug-in is a Python package that names a module in the entry-point group ``alvh.plugins``; the module registers what
it adds when it is imported. docs/extending.md walks through each kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import Final, TypeVar

from bridge.errors import BadConfig, BridgeError
from bridge.foreign import setting_word
from hedge.errors import HedgeError

PLUGINS: Final = "alvh.plugins"
MISTAKES: Final = (ImportError, SyntaxError, NameError, AttributeError, TypeError, ValueError, LookupError, OSError)
"""What importing another's module can raise."""

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """Things of one kind by name, in the order in which they are registered.

    Parameters
    ----------
    kind
        What they are called in errors: "source of quotes".
    package
        Whose modules register what comes with us, loaded at the first look; empty where they are in one module.
    """

    def __init__(self, kind: str, package: str = "") -> None:
        self.kind, self.package = kind, package
        self._entries: dict[str, T] = {}

    def register(self, name: str, entry: T) -> T:
        """Add an entry.

        Raises
        ------
        BadConfig
            The name is taken.
        """
        if name in self._entries:
            raise BadConfig(f"the {self.kind} {name!r} is registered twice: unload the plug-in that does it")
        self._entries[name] = entry
        return entry

    def unregister(self, name: str) -> None:
        """Take an entry out again, for tests and plug-ins that are unloaded."""
        del self._entries[name]

    def __getitem__(self, name: str) -> T:
        """Return an entry.

        Raises
        ------
        BadConfig
            There is none of that name.
        """
        if name not in self:
            raise BadConfig(f"no {self.kind} {setting_word(name)}: one of {', '.join(self)}")
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether there is an entry of that name."""
        return name in self._loaded()

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, those that come with us first."""
        return iter(tuple(self._loaded()))

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self._loaded())

    def _loaded(self) -> dict[str, T]:
        if self.package:
            load_package(self.package)
        load_plugins()
        return self._entries


@cache
def load_package(package: str) -> None:
    """Import every module of a package, so that each registers what it holds."""
    for module in iter_modules(import_module(package).__path__):
        import_module(f"{package}.{module.name}")


@cache
def load_plugins() -> None:
    """Import every installed plug-in, once.

    Raises
    ------
    BadConfig
        One of them cannot be imported, or takes a name that is taken.
    """
    for plugin in entry_points(group=PLUGINS):
        try:
            plugin.load()
        except (*MISTAKES, HedgeError, BridgeError) as error:
            raise BadConfig(f"the plug-in {plugin.name} ({plugin.value}) cannot be loaded: {error}") from error

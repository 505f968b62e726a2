"""Name -> class, for everything that can be added: methods, views, encoders, probes, sources, assumptions.

A registry imports every file of its package at the first look-up, so adding a file adds its names.
"""

import difflib
import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from sslbench.errors import UnknownName


def nearest(kind: str, name: str, known: Iterable[str], see: str) -> UnknownName:
    """The error for an unknown name, with the names that look most like it."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    hint = f" Did you mean {' or '.join(repr(c) for c in close)}?" if close else ""
    return UnknownName(f"unknown {kind} {name!r}.{hint} All names: {see}")


class Registry:
    """The names of one kind. `package` is imported file by file before the first look-up."""

    def __init__(self, kind: str, package: str):
        self.kind, self.package = kind, package
        self._entries: dict[str, Any] = {}
        self._loaded = False

    def register(self, name: str) -> Callable[[Any], Any]:
        """Class decorator: enter the class under `name` and set its `name` attribute. A name clash is an error."""

        def enter(entry: Any) -> Any:
            if name in self._entries:
                other = self._entries[name]
                raise ValueError(
                    f"{self.kind} {name!r} is already registered by {other.__module__}; names are not reused"
                )
            if isinstance(entry, type):
                entry.name = name
            self._entries[name] = entry
            return entry

        return enter

    def names(self) -> list[str]:
        """All registered names, sorted."""
        self._load()
        return sorted(self._entries)

    def get(self, name: str) -> Any:
        """The entry called `name`; raises UnknownName with the nearest names."""
        self._load()
        if name not in self._entries:
            raise nearest(self.kind, name, self._entries, f"sslbench list {self.kind}s")
        return self._entries[name]

    def __contains__(self, name: str) -> bool:
        self._load()
        return name in self._entries

    def __iter__(self):
        return iter(self.names())

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        package = importlib.import_module(self.package)
        for found in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self.package}.{found.name}")


METHODS = Registry("method", "sslbench.methods")
VIEWS = Registry("view", "sslbench.views")
ENCODERS = Registry("encoder", "sslbench.encoders")
PROBES = Registry("probe", "sslbench.probes")
SOURCES = Registry("source", "sslbench.data")
ASSUMPTIONS = Registry("assumption", "sslbench.assumptions")


def callable_as(module: str, function: Callable) -> None:
    """Let `sslbench.tasks(...)` call `function` although `sslbench.tasks` is a module as well."""
    body = {"__call__": lambda self, *a, **k: function(*a, **k), "__doc__": function.__doc__}
    sys.modules[module].__class__ = type("ListingModule", (ModuleType,), body)

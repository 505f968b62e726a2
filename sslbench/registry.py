"""Name -> class, for everything that can be added: methods, views, encoders, probes, sources, assumptions, thresholds.

A registry imports every file of its package at the first look-up, so adding a file adds its names.
"""

import difflib
import importlib
import pkgutil
import sys
import warnings
from collections.abc import Callable, Iterable
from importlib.metadata import entry_points
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
    """The names of one kind.

    `package` is imported file by file before the first look-up, then the entry points of `group`. `specs` is the module
    whose `from_spec` finds what is named otherwise: by a file, or with settings.
    """

    def __init__(self, kind: str, package: str, group: str = "", specs: str = ""):
        self.kind, self.package, self.group, self.specs = kind, package, group, specs
        self._entries: dict[str, Any] = {}
        self._families: list[Callable[[str], Any]] = []
        self._loaded = False

    def register(self, name: str) -> Callable[[Any], Any]:
        """Class decorator: enter the class under `name` and set its `name` attribute. A name clash is an error."""

        def enter(entry: Any) -> Any:
            if isinstance(entry, type):
                entry.name = name
            self.add(name, entry)
            return entry

        return enter

    def add(self, name: str, entry: Any) -> None:
        """Enter `entry` under `name`; again is no clash, another one is. An entry that declares no `version` has 1."""
        if (other := self._entries.get(name, entry)) is not entry:
            raise ValueError(f"{self.kind} {name!r} is already registered by {other.__module__}; names are not reused")
        if not hasattr(entry, "version"):
            entry.version = 1
        self._entries[name] = entry

    def family(self, make: Callable[[str], Any]) -> Callable[[str], Any]:
        """Decorator: enter what makes entries of numbered names when asked for; it gives None for any other name."""
        self._families.append(make)
        return make

    def _member(self, name: str) -> Any:
        return next((entry for make in self._families if (entry := make(name)) is not None), None)

    def registered(self, name: str) -> Any:
        """The entry called `name`, or None; no file is looked at."""
        self._load()
        return self._entries.get(name)

    def remove(self, name: str) -> None:
        """Forget an entry."""
        self._entries.pop(name, None)

    def values(self) -> list[Any]:
        """All registered entries, by name."""
        return [self.get(name) for name in self.names()]

    def names(self) -> list[str]:
        """All registered names, sorted."""
        self._load()
        return sorted(self._entries)

    def get(self, name: str) -> Any:
        """The entry called `name`; raises UnknownName with the nearest names."""
        self._load()
        if name not in self._entries and self.specs and (".py" in name or name.endswith(")")):
            return importlib.import_module(self.specs).from_spec(name, self)
        if name not in self._entries:
            if (member := self._member(name)) is not None:
                return member
            raise nearest(self.kind, name, self._entries, f"sslbench list {self.kind}s")
        return self._entries[name]

    def __contains__(self, name: str) -> bool:
        self._load()
        return name in self._entries or self._member(name) is not None

    def __iter__(self):
        return iter(self.names())

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        package = importlib.import_module(self.package)
        for found in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self.package}.{found.name}")
        for point in entry_points(group=self.group) if self.group else ():
            self._plug_in(point)

    def _plug_in(self, point: Any) -> None:
        """Enter what another package offers. One that cannot be loaded is named and left out; a clash is an error."""
        try:
            entry = point.load()
        except Exception as error:
            warnings.warn(f"{self.kind} {point.name!r} of {point.value} cannot be loaded: {error!r}", stacklevel=2)
            return
        if isinstance(entry, type):
            entry.name = point.name
        self.add(point.name, entry)


METHODS = Registry("method", "sslbench.methods", "sslbench.methods", "sslbench.methods.plugin")
VIEWS = Registry("view", "sslbench.views")
ENCODERS = Registry("encoder", "sslbench.encoders")
PROBES = Registry("probe", "sslbench.probes", "sslbench.probes")
SOURCES = Registry("source", "sslbench.data")
SUITES = Registry("suite source", "sslbench.data")
ASSUMPTIONS = Registry("assumption", "sslbench.assumptions")
THRESHOLDS = Registry("threshold", "sslbench.metrics.thresholds")


def callable_as(module: str, function: Callable) -> None:
    """Let `sslbench.tasks(...)` call `function` although `sslbench.tasks` is a module as well."""
    body = {"__call__": lambda self, *a, **k: function(*a, **k), "__doc__": function.__doc__}
    sys.modules[module].__class__ = type("ListingModule", (ModuleType,), body)

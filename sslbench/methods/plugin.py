"""Methods from elsewhere: a file, a plain loss, another package's entry point, or other settings of a known one."""

import dataclasses
import hashlib
import importlib.util
import inspect
import sys
from pathlib import Path
from typing import Any

from torch import Tensor

from sslbench.errors import SslbenchError, UsageError
from sslbench.methods.base import Method, SingleRun
from sslbench.methods.card import Card

EXAMPLE = "sslbench run --method my_method.py:MyMethod --tasks digits"


def from_spec(spec: str, registry) -> type[Method]:
    """The method that a spec names: "file.py:Class", "file.py:loss", or "name(setting=value, ...)".

    Raises UsageError saying what was given, what was expected, and how to mend it.
    """
    if spec.endswith(")"):
        name, _, settings = spec[:-1].partition("(")
        return variant(registry.get(name), settings)
    path, _, name = spec.partition(":") if ".py:" in spec else (spec, "", "")
    return from_file(Path(path), name, registry)


def variant(cls: type[Method], text: str) -> type[Method]:
    """A method with other defaults, named after those that differ: vicreg(convention=paper)."""
    known = {f.name: f for f in dataclasses.fields(cls)}
    settings = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        key, equals, value = (p.strip() for p in part.partition("="))
        if not equals:
            raise UsageError(f"{cls.name}({text}): {part!r} is not setting=value; for example simclr(temperature=0.5)")
        if key not in known:
            cls.build({key: value})  # says which settings there are
        settings[key] = _as_type(cls, known[key], value)
    changed = {k: v for k, v in settings.items() if v != known[k].default}
    if not changed:
        return cls
    fields = []
    for key, value in changed.items():
        of = known[key]
        fields.append((key, of.type, dataclasses.field(default=value, metadata=of.metadata)))
    ordered = ",".join(f"{k}={changed[k]}" for k in known if k in changed)
    made = dataclasses.make_dataclass(cls.__name__, fields, bases=(cls,), frozen=True)
    made.__module__, made.__doc__, made.name = cls.__module__, cls.__doc__, f"{cls.name}({ordered})"
    made.card = dataclasses.replace(cls.card, title=f"{cls.card.title} ({ordered})")
    return made


def _as_type(cls: type[Method], field: dataclasses.Field, text: str) -> Any:
    kind = type(field.default)
    try:
        if kind is bool:
            return {"true": True, "false": False}[text.lower()]
        return kind(text)
    except (ValueError, KeyError):
        raise UsageError(
            f"setting {field.name} of {cls.name} is {'true or false' if kind is bool else kind.__name__}, got {text!r}"
        ) from None


def from_file(path: Path, name: str, registry) -> type[Method]:
    """The method of a Python file: the class or the loss called `name`, or the only method class in it."""
    module = load_module(path, registry)
    found = {
        k: v
        for k, v in vars(module).items()
        if inspect.isclass(v) and issubclass(v, Method) and v.__module__ == module.__name__
    }
    if not name:
        if len(found) != 1:
            raise UsageError(
                f"{path} has {len(found)} method classes ({', '.join(found) or 'none'}); name one, as in {EXAMPLE}"
            )
        name = next(iter(found))
    thing = getattr(module, name, None)
    if inspect.isfunction(thing):
        thing = from_loss(thing)
    if not (inspect.isclass(thing) and issubclass(thing, Method)):
        raise UsageError(f"{path} has no method class or loss function {name!r}; it has {', '.join(found) or 'none'}")
    if not dataclasses.is_dataclass(thing) or not isinstance(getattr(thing, "card", None), Card):
        raise UsageError(f"{name} in {path} is not complete: a method is a frozen dataclass with a card = Card(...)")
    thing.origin = f"{path.resolve()}:{name}"
    if not thing.__dict__.get("name"):
        thing.name = _hyphenated(name)
    if registry.registered(thing.name) not in (None, thing):
        raise UsageError(f"{path}: a method called {thing.name!r} is already there; give yours another name")
    registry.add(thing.name, thing)
    return thing


def load_module(path: Path, registry):
    """Import a file once; raises UsageError if it is not there or does not run."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}; a method of yours is given as file.py:Class, as in {EXAMPLE}")
    full = path.resolve()
    text = full.read_bytes()
    name = f"sslbench_method_{hashlib.sha256(str(full).encode() + text).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, full)
    module = importlib.util.module_from_spec(spec)
    for old in [m for m in registry.values() if getattr(m, "origin", "").rpartition(":")[0] == str(full)]:
        registry.remove(old.name)  # an earlier state of the file, in a session that goes on
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except SslbenchError:
        del sys.modules[name]
        raise
    except Exception as error:
        del sys.modules[name]
        line = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
        raise UsageError(f"{path} cannot be imported: {type(error).__name__}: {error}{line}") from error
    return module


def from_loss(function) -> type[Method]:
    """A method made of a plain loss: (batch, emb_dim) twice -> a scalar, smaller where the views agree better."""
    if len(inspect.signature(function).parameters) < 2:
        raise UsageError(f"loss {function.__name__} must take the two views' embeddings, each (batch, emb_dim)")

    class FromLoss(SingleRun):
        def loss_of_run(self, z1: Tensor, z2: Tensor) -> Tensor:
            return function(z1, z2)

    title = function.__name__.replace("_", " ")
    FromLoss.card = Card(title=title, family="submitted", source="a loss function of its author's")
    FromLoss.__doc__ = (
        function.__doc__ or f"The loss {function.__name__}."
    ) + "\n\nSource: its author.\nDeviation: none."
    FromLoss.__module__, FromLoss.name = function.__module__, _hyphenated(function.__name__)
    return dataclasses.dataclass(frozen=True)(FromLoss)


def _hyphenated(name: str) -> str:
    """MyMethod or my_method -> my-method."""
    spaced = "".join(f"-{c}" if c.isupper() and i and not name[i - 1].isupper() else c for i, c in enumerate(name))
    return spaced.lower().replace("_", "-").strip("-")

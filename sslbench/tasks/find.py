"""Names of tasks and suites -> cards: shipped ones, those made from an OpenML id, the path of a card."""

import tomllib
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from itertools import combinations
from pathlib import Path

from sslbench.errors import CardError, UnknownName, UsageError
from sslbench.registry import SUITES, nearest
from sslbench.resources import shipped
from sslbench.tasks.card import Task, parse_card
from sslbench.tasks.named import with_encoder
from sslbench.tasks.openml import OPENML_PROTOCOLS, openml_task


def _cards(folder: Traversable) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            yield from _cards(entry)
        elif entry.name.endswith(".toml") and entry.name != "suites.toml":
            yield entry


_shipped: dict[str, Task] = {}


def shipped_tasks() -> dict[str, Task]:
    """Every task that comes with sslbench, by name."""
    if not _shipped:
        for entry in _cards(shipped("tasks")):
            task = parse_card(entry.read_text(encoding="utf-8"), str(entry))
            if task.name in _shipped:
                raise CardError(f"{entry}: task {task.name!r} has two cards; names are not reused")
            _shipped[task.name] = task
        _shipped.update({task.name: task for task in _pairs_of(_shipped["mfeat-six"])})
    return _shipped


def _pairs_of(task: Task) -> Iterator[Task]:
    """The cards of every two streams of a card that names them in its source: mfeat-fou-zer of mfeat-six."""
    for names in combinations(task.source.name.split(","), 2):
        changes = {
            "name": "-".join((task.source.kind, *names)),
            "title": f"{task.title}: {' and '.join(names)}",
            "description": f"Two of six tables: {' and '.join(names)}. {task.description}",
            "source": task.source.model_copy(update={"name": ",".join(names)}),
        }
        yield task.model_copy(update=changes)


def suites() -> dict[str, tuple[str, ...]]:
    """The task names of every suite."""
    file = shipped("tasks") / "suites.toml"
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    known = shipped_tasks()
    for suite, entry in table.items():
        for name in entry["tasks"]:
            if name not in known and not name.startswith("openml:"):
                raise CardError(f"{file}: suite {suite!r} names the task {name!r}, which has no card")
    return {suite: tuple(entry["tasks"]) for suite, entry in table.items()}


OWN_PREFIXES = {  # a person's own data, and how it is written
    "table": "table:data.csv",
    "folder": "folder:photos/",
    "pair": "pair:a.npy,b.npy",
    "streams": "streams:a.npy,b.npy,c.npy",
}


def find_task(name: str) -> Task:
    """The task called `name`: a shipped card, `openml:<task id>`, or the path of a card; each also as NAME@ENCODER.

    Own data (`table:data.csv`) become a card first, which names their target: sslbench run --task writes it.
    """
    if (prefix := name.partition(":")[0]) in OWN_PREFIXES and ":" in name:
        raise UsageError(
            f"{name!r} is your own data, of which a card is made first: sslbench run --task {OWN_PREFIXES[prefix]} "
            "--target y writes it to results/tasks; then name that file"
        )
    base, at, encoder = name.rpartition("@")
    if at and not (base.startswith("openml:") and encoder in OPENML_PROTOCOLS):
        try:
            return with_encoder(find_task(base), encoder)
        except UnknownName as error:
            also = f"; of protocols there are {', '.join(OPENML_PROTOCOLS)}" if base.startswith("openml:") else ""
            raise UnknownName(f"{error}{also}") from None
    if name.startswith("openml:"):
        return openml_task(name.removeprefix("openml:"))
    if name.endswith(".toml"):
        file = Path(name)
        if not file.is_file():
            raise UsageError(f"no task card at {file}")
        return parse_card(file.read_text(encoding="utf-8"), str(file))
    known = shipped_tasks()
    if name not in known:
        raise nearest("task", name, known, "sslbench list tasks (or openml:<task id>, or the path of a card)")
    return known[name]


def find_suite(name: str) -> tuple[str, ...]:
    """The task names of one suite: shipped, or `openml:<suite id>`. `@scarf` behind it goes to its OpenML tasks.

    Raises UnknownName; DataError if OpenML cannot be asked.
    """
    name, at, protocol = name.partition("@")
    if name.startswith("openml:"):
        tasks = SUITES.get("openml")(name.removeprefix("openml:"))
    elif name in (known := suites()):
        tasks = known[name]
    else:
        raise nearest("suite", name, known, "sslbench list suites (or openml:<suite id>)")
    return tuple(t + at + protocol if t.startswith("openml:") else t for t in tasks)

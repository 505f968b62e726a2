"""Task cards: TOML -> Task, validated, without importing torch. One task has one or several targets."""

import importlib
import tomllib
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from sslbench.config import MIN_FIXED_RUNS, MIN_FIXED_TEST_ROWS, MIN_RUNS, MIN_TEST_ROWS
from sslbench.errors import CardError, UnknownName, UsageError
from sslbench.registry import SUITES, callable_as, nearest
from sslbench.resources import shipped
from sslbench.strict import StrictModel

Scalar = bool | int | float | str
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+([-.][a-z0-9]+)*$")]


class Source(StrictModel):
    """Where the data come from: a registered source and the name it knows them by."""

    kind: Name
    name: str
    options: dict[str, Scalar] = {}


class ViewSpec(StrictModel):
    """How two views of one item are made, or that its aligned streams are the views (`streams`).

    `strength` scales every corruption of the generator; 0 leaves the item as it is.
    """

    generator: Name
    strength: float = Field(default=1.0, ge=0)
    options: dict[str, Scalar] = {}


class Target(StrictModel):
    """One thing to predict, with labels that are classes."""

    name: Name
    title: str


class Splits(StrictModel):
    """Frozen splits: a run tests on one of `folds`; a share of the other rows is val, the rest train.

    `stratified`: classes of the first target in equal shares. `grouped`: whole groups (image blocks, subjects), so that
    neighbours do not leak. `official`: the folds of the OpenML task. `fixed`: one fold, whose test rows the source
    fixes.
    """

    kind: Literal["stratified", "grouped", "official", "fixed"]
    folds: int = Field(default=5, ge=1)
    validation: float = Field(default=0.2, gt=0, lt=0.9)

    @model_validator(mode="before")
    @classmethod
    def _fixed_is_one_fold(cls, given):
        fixed = isinstance(given, dict) and given.get("kind") == "fixed"
        return {"folds": 1} | given if fixed else given

    @model_validator(mode="after")
    def _folds_fit(self):
        if (self.kind == "fixed") != (self.folds == 1):
            raise ValueError(
                f"splits.kind = {self.kind!r} with folds = {self.folds}: a fixed test set is one fold "
                "(leave folds out), every other kind has at least 2"
            )
        return self


class EncoderSpec(StrictModel):
    """The encoder of every method on this task; one per stream."""

    name: Name
    rep_dim: int = Field(ge=1)
    options: dict[str, Scalar] = {}


class Budget(StrictModel):
    """Optimiser steps, batch size and random starts of every method on this task.

    A batch never exceeds the training rows. The runs of a cell are folds x `inits`. `rate`: peak learning rate where
    the protocol's does not fit; a method's own recipe goes before both.
    """

    steps: int = Field(ge=1)
    batch: int = Field(ge=2)
    rate: float | None = Field(default=None, gt=0)
    inits: int = Field(default=2, ge=2)


class Task(StrictModel):
    """A task card: everything that fixes what is asked, apart from the protocol.

    Modality `pairs` stands for two or more aligned streams; how many there are, the source says.
    """

    name: Name
    title: str
    modality: Literal["vision", "tabular", "pairs"]
    description: str
    source: Source
    views: ViewSpec
    targets: tuple[Target, ...] = Field(min_length=1)
    splits: Splits
    encoder: EncoderSpec
    budget: Budget
    licence: str
    licence_source: str = ""  # who says so, as far as it was checked; prose, as caveats are
    caveats: str = ""  # what a reader of its numbers must know; "" where nothing is known to mislead
    citation: str
    truth: dict[str, dict[str, float]] = {}  # target -> quantity -> exact value in bits; worlds only

    @model_validator(mode="after")
    def _consistent(self):
        names = [t.name for t in self.targets]
        if len(set(names)) != len(names):
            raise ValueError(f"target names must differ, got {names}")
        if unknown := set(self.truth) - set(names):
            raise ValueError(f"truth is given for {sorted(unknown)}, but the targets are {names}")
        if (self.views.generator == "streams") != (self.modality == "pairs"):
            raise ValueError("views.generator is 'streams' for pairs, and only for pairs")
        runs = self.splits.folds * self.budget.inits
        least = MIN_FIXED_RUNS if self.splits.kind == "fixed" else MIN_RUNS
        if runs < least:
            raise ValueError(
                f"splits.folds x budget.inits = {self.splits.folds} x {self.budget.inits} is {runs} runs per method, "
                f"and at least {least} are needed to tell methods apart: raise budget.inits to "
                f"{-(-least // self.splits.folds)}"
            )
        return self


EXAMPLES = {  # of the fields that a card needs, for the message about one that is missing
    "splits": '[splits] with kind = "stratified" and folds = 5',
    "splits.kind": 'kind = "stratified" under [splits]',
    "budget": "[budget] with steps = 400, batch = 128 and inits = 2",
    "budget.steps": "steps = 400 under [budget]",
    "budget.batch": "batch = 128 under [budget]",
}


def too_few_test_rows(rows: int, fixed: bool) -> str:
    """Why a target tested on so many rows, over all folds, is not ranked; "" if they are enough.

    fixed: whether the source fixes the test rows (`splits.kind = "fixed"`).
    """
    least = MIN_FIXED_TEST_ROWS if fixed else MIN_TEST_ROWS
    where = "in a fixed test set" if fixed else "over all folds"
    return f"{rows} test rows, and {least} are needed {where}" if rows < least else ""


def parse_card(text: str, where: str) -> Task:
    """The task of a card's TOML text; raises CardError naming `where`, the field and what was expected."""
    try:
        return Task.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise CardError(f"{where}: not valid TOML: {error}") from None
    except ValidationError as error:
        lines = []
        for e in error.errors():
            field = ".".join(str(part) for part in e["loc"]) or "card"
            given = "" if e["type"] == "missing" or not e["loc"] else f", got {e['input']!r:.80}"
            example = f"; write {EXAMPLES[field]}" if e["type"] == "missing" and field in EXAMPLES else ""
            lines.append(f"  {field}: {e['msg']}{given}{example}")
        raise CardError(
            f"{where}: the task card is not valid\n" + "\n".join(lines) + "\nSee a good one: sslbench show digits"
        ) from None


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
            return importlib.import_module("sslbench.encoders.named").with_encoder(
                find_task(base), encoder
            )  # needs torch
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


OPENML_PROTOCOLS = {  # splits, and in words
    "openml": (Splits(kind="official", folds=10), "on its official folds"),
    # Bahri et al. 2022 (SCARF), section 4: 70/10/20; they draw 30 random splits, here the five test parts are disjoint
    "scarf": (Splits(kind="stratified", folds=5, validation=0.125), "70/10/20 train, val and test, by SCARF"),
}


def openml_task(name: str) -> Task:
    """The card of an OpenML classification task: `31`, `task:31`, or `31@scarf` for splits that are not its own.

    Nothing is downloaded here. Raises UsageError.
    """
    task_id, _, protocol = name.partition("@")
    task_id, protocol = task_id.removeprefix("task:"), protocol or "openml"
    if not task_id.isdigit():
        raise UsageError(
            f"openml:<task id> needs a number, as in openml:31; got openml:{name}. A data set has no folds and no "
            "target of its own: take one of its tasks; a whole suite is --suite openml:<suite id>"
        )
    if protocol not in OPENML_PROTOCOLS:
        raise UsageError(f"unknown protocol {protocol!r} of openml:{name}; there are {', '.join(OPENML_PROTOCOLS)}")
    splits, words = OPENML_PROTOCOLS[protocol]
    return Task(
        name=f"openml-{task_id}" + ("" if protocol == "openml" else f"-{protocol}"),
        title=f"OpenML task {task_id}" + ("" if protocol == "openml" else f", {protocol} splits"),
        modality="tabular",
        description=f"Supervised classification task {task_id} of OpenML, {words}.",
        source=Source(kind="openml", name=task_id),
        views=ViewSpec(generator="resample", strength=0.1),
        targets=(Target(name="class", title="the task's target"),),
        splits=splits,
        encoder=EncoderSpec(name="mlp", rep_dim=64, options={"width": 128}),
        budget=Budget(steps=400, batch=128),
        licence="as stated on OpenML",
        licence_source="The page of the data set on OpenML; not looked up for this card.",
        caveats="Views redraw a tenth of the cells: on seven tables .6 lost .04 to 1.4 nats of label information, .2 "
        "was violated on three, .1 was not refuted where it was measured. Measure this one: "
        f"sslbench sweep openml:{name}.",
        citation="Vanschoren et al. 2014, OpenML, doi:10.1145/2641190.2641198",
    )


def frame(suite: str | None = None):
    """A frame of the tasks (of one suite, or all shipped): name, title, modality, targets, views, source, encoder.

    Example: `sslbench.tasks(suite="core")`. Raises UnknownName for a suite that does not exist.
    """
    import pandas as pd

    names = find_suite(suite) if suite else sorted(shipped_tasks())
    rows = []
    for task in map(find_task, names):
        rows.append(
            {
                "name": task.name,
                "title": task.title,
                "modality": task.modality,
                "targets": ", ".join(t.name for t in task.targets),
                "views": task.views.generator,
                "source": f"{task.source.kind}:{task.source.name}",
                "encoder": task.encoder.name,
            }
        )
    return pd.DataFrame(rows)


callable_as(__name__, frame)

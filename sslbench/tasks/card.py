"""Task cards: TOML -> Task, validated, without importing torch. One task has one or several targets."""

import tomllib
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from sslbench.config import MIN_FIXED_RUNS, MIN_FIXED_TEST_ROWS, MIN_RUNS, MIN_TEST_ROWS
from sslbench.errors import CardError
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

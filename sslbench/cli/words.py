"""The words that several commands share: choices, options, lists of names."""

import re
from enum import StrEnum
from typing import Annotated

import typer

from sslbench.config import RunOptions, help_of


class Kind(StrEnum):
    methods = "methods"
    tasks = "tasks"
    suites = "suites"
    views = "views"
    probes = "probes"
    assumptions = "assumptions"
    metrics = "metrics"


class Device(StrEnum):
    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Precision(StrEnum):
    float32 = "float32"
    bfloat16 = "bfloat16"


class Engine(StrEnum):
    local = "local"
    ray = "ray"


DEFAULTS = RunOptions()
Names = list[str] | None
Results = Annotated[str, typer.Option(help=help_of(RunOptions, "results"))]
Out = Annotated[str, typer.Option(help=help_of(RunOptions, "out"))]


def names_in(values: list[str] | None) -> tuple[str, ...]:
    """Repeated or comma-separated names; a comma inside brackets, as in simclr(a=1,b=2), separates settings."""
    parts = (part.strip() for value in values or () for part in re.split(r",(?![^(]*\))", value))
    return tuple(filter(None, parts))

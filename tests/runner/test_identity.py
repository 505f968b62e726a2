"""A run is repeated when what it depends on changes, and only then."""

from dataclasses import replace

import pytest

from sslbench.config import QUICK, STANDARD, Run
from sslbench.data.dataset import load_dataset
from sslbench.registry import METHODS
from sslbench.runner.identity import run_identity
from sslbench.tasks import find_task

DATASET = load_dataset(find_task("wine"))


def identity(settings=None, task=None, protocol=STANDARD, run=Run(0, 0), dataset=DATASET):
    dataset = dataset if task is None else replace(dataset, task=task)
    return run_identity(METHODS.get("simclr").build(settings), dataset, run, protocol)


def changed(other):
    return {k for k, v in identity().model_dump().items() if getattr(other, k) != v} - {"digest"}


def test_each_part_is_found():
    task = DATASET.task
    assert changed(identity({"temperature": 0.1})) == {"method"}
    assert changed(identity(task=task.model_copy(update={"budget": task.budget.model_copy(update={"steps": 1})}))) == {
        "task"
    }
    assert changed(identity(protocol=QUICK)) == {"protocol"}
    assert changed(identity(run=Run(1, 0))) == {"split"}
    assert changed(identity(dataset=replace(DATASET, digest="other"))) == {"data"}


def test_prose_and_the_number_of_inits_do_not_count_and_an_init_is_no_split():
    assert changed(identity(task=DATASET.task.model_copy(update={"description": "other words"}))) == set()
    budget = DATASET.task.budget.model_copy(update={"inits": 7})
    assert changed(identity(task=DATASET.task.model_copy(update={"budget": budget}))) == set()
    one, two = identity(), identity(run=Run(0, 1))
    assert one.split == two.split and one.digest != two.digest


@pytest.mark.parametrize("name", ["simclr", "vicreg", "pca"])
def test_the_digest_is_the_same_twice(name):
    build = METHODS.get(name).build
    assert run_identity(build(), DATASET, Run(0, 0), STANDARD) == run_identity(build(), DATASET, Run(0, 0), STANDARD)

"""The registry as subjects of the contract, task by task."""

import functools

import pytest

from sslbench.data.dataset import load_dataset
from sslbench.registry import METHODS
from sslbench.submissions.contract import Broken, NotMeant, Subject, tasks_of
from sslbench.tasks import find_task

ALL = METHODS.names()
load = functools.cache(lambda task: load_dataset(find_task(task)))


TASKS_OF = {name: tasks_of(METHODS.get(name).build()) for name in ALL}
CELLS = [(name, task) for name in ALL for task in TASKS_OF[name]]
FIRST = [(name, TASKS_OF[name][0]) for name in ALL]


@functools.cache
def subject(name: str, task: str) -> Subject:
    """A method on a task; a training that several requirements look at is made once."""
    return Subject(METHODS.get(name).build(), load(task))


def hold(requirement, name: str, task: str) -> None:
    """Fail with the explanation if the requirement is broken, skip nothing: what is not meant is not a test."""
    try:
        requirement(subject(name, task))
    except NotMeant:
        pass
    except Broken as why:
        pytest.fail(str(why), pytrace=False)

"""What a method is promised is what it gets: the training room's networks satisfy `Nets`, member by member."""

import inspect

import pytest

from sslbench.data.dataset import load_dataset
from sslbench.methods.nets import Nets
from sslbench.registry import METHODS
from sslbench.submissions.contract import Subject, train
from sslbench.tasks import find_task
from sslbench.training.networks import Networks

MEMBERS = {k: v for k, v in vars(Nets).items() if not k.startswith("_")}
METHODS_OF = {k: v for k, v in MEMBERS.items() if inspect.isfunction(v)}


def parameters(function):
    return [(p.name, p.default, p.kind, p.annotation) for p in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("name", METHODS_OF)
def test_a_promised_method_has_the_promised_parameters(name):
    promised, given = METHODS_OF[name], getattr(Networks, name)
    assert parameters(given) == parameters(promised)
    assert inspect.signature(given).return_annotation == inspect.signature(promised).return_annotation


def test_a_networks_object_has_every_promised_attribute():
    nets = train(Subject(METHODS.get("byol").build(), load_dataset(find_task("wine"))), steps=1).nets
    assert not [name for name in MEMBERS if not hasattr(nets, name)]
    assert nets.streams == len(nets.rep_dims) == 1


def test_methods_use_nothing_that_is_not_promised():
    """Every `nets.x` in the methods' source is a member of Nets."""
    import ast
    from pathlib import Path

    import sslbench.methods

    used = {
        node.attr
        for file in Path(sslbench.methods.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "nets"
    }
    assert used and used <= set(MEMBERS), used - set(MEMBERS)

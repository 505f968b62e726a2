"""Methods from elsewhere: files, plain losses, entry points, and settings in brackets."""

import subprocess
import sys
import textwrap

import pytest

from sslbench.errors import UnknownName, UsageError
from sslbench.methods.base import JointEmbedding
from sslbench.registry import METHODS, Registry

METHOD = '''
from dataclasses import dataclass
from sslbench.methods.base import Card, JointEmbedding

@dataclass(frozen=True)
class {name}(JointEmbedding):
    """Agree.

    Source: none.
    Deviation: none.
    """
    weight: float = 1.0
    card = Card(title="Mine", family="submitted", source="mine")

    def loss(self, z1, z2):
        return self.weight * (z1 - z2).square().mean((1, 2))
'''


@pytest.fixture
def write(tmp_path):
    def one(text, name="mine.py"):
        (tmp_path / name).write_text(textwrap.dedent(text))
        return tmp_path / name

    yield one
    for cls in METHODS.values():
        if cls.origin.startswith(str(tmp_path)):
            METHODS.remove(cls.name)


def test_a_class_in_a_file_is_a_method(write):
    file = write(METHOD.format(name="MyMethod"))
    for spec in (str(file), f"{file}:MyMethod"):
        cls = METHODS.get(spec)
        assert cls.name == "my-method" and cls.origin == f"{file}:MyMethod" and issubclass(cls, JointEmbedding)
    assert METHODS.get("my-method") is cls


def test_an_edited_file_takes_the_place_of_its_earlier_state(write):
    first = METHODS.get(str(write(METHOD.format(name="MyMethod"))))
    second = METHODS.get(str(write(METHOD.format(name="MyMethod").replace("1.0", "2.0"))))
    assert second is not first and METHODS.get("my-method").build().weight == 2.0


def test_a_plain_loss_is_a_method(write):
    import torch

    file = write("def my_loss(z1, z2):\n    return ((z1 - z2) ** 2).mean()\n")
    cls = METHODS.get(f"{file}:my_loss")
    z1, z2 = torch.randn(2, 3, 8, 4)
    assert cls.name == "my-loss"
    assert torch.allclose(cls.build().loss(z1, z2), (z1 - z2).square().mean((1, 2)))


@pytest.mark.parametrize(
    "text, spec, says",
    [
        (METHOD.format(name="A") + METHOD.format(name="B"), "{}", "has 2 method classes .A, B.; name one"),
        ("x = 1", "{}", "has 0 method classes"),
        ("x = 1", "{}:Gone", "no method class or loss function 'Gone'"),
        ("def broken(:", "{}:x", "cannot be imported: SyntaxError"),
        ("import nothing_like_it", "{}:x", "cannot be imported: ModuleNotFoundError"),
        (METHOD.format(name="SimCLR").replace("class SimCLR", "class Simclr"), "{}", "'simclr' is already there"),
        ("def loss(z):\n    return z", "{}:loss", "must take the two views' embeddings"),
        (
            METHOD.format(name="Bare").replace('card = Card(title="Mine", family="submitted", source="mine")', ""),
            "{}",
            "not complete",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(write, text, spec, says):
    with pytest.raises(UsageError, match=says):
        METHODS.get(spec.format(write(text)))


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(UsageError, match=r"there is no file gone\.py"):
        METHODS.get("gone.py:Mine")


def test_settings_in_brackets_make_a_method_of_their_own_name():
    cls = METHODS.get("vicreg(convention=paper, invariance_weight=10)")
    assert cls.name == "vicreg(invariance_weight=10.0,convention=paper)"
    assert cls.build().convention == "paper" and METHODS.get(cls.name).build().settings() == cls.build().settings()
    assert METHODS.get("simclr(temperature=0.2)") is METHODS.get("simclr")  # the default is no variant
    assert "vicreg(convention=paper)" not in METHODS.names()


@pytest.mark.parametrize(
    "spec, error, says",
    [
        ("simclr(temp=1)", UsageError, "no setting temp"),
        ("simclr(temperature=hot)", UsageError, "is float, got 'hot'"),
        ("simsiam(stop_gradient=perhaps)", UsageError, "true or false"),
        ("simclr(0.5)", UsageError, "is not setting=value"),
        ("simcrl(temperature=1)", UnknownName, "Did you mean 'simclr"),
    ],
)
def test_what_is_wrong_with_settings_is_said(spec, error, says):
    with pytest.raises(error, match=says):
        METHODS.get(spec)


def test_an_entry_point_adds_its_name_and_a_broken_one_is_named(monkeypatch):
    class Point:
        def __init__(self, name, value, load):
            self.name, self.value, self.load = name, value, load

    def broken():
        raise ImportError("no such thing")

    class Mine:
        pass

    points = [Point("mine", "pkg:Mine", lambda: Mine), Point("torn", "pkg:Torn", broken)]
    monkeypatch.setattr("sslbench.registry.entry_points", lambda group: points if group == "things" else [])
    registry = Registry("thing", "sslbench.probes", "things")
    with pytest.warns(UserWarning, match=r"thing 'torn' of pkg:Torn cannot be loaded: ImportError"):
        assert registry.names() == ["mine"]
    assert registry.get("mine") is Mine and Mine.name == "mine"


def test_an_installed_package_plugs_in(tmp_path):
    """A real distribution on the path, in a process of its own."""
    (tmp_path / "plugged.py").write_text(METHOD.format(name="Plugged"))
    info = tmp_path / "plugged-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugged\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[sslbench.methods]\nplugged-in = plugged:Plugged\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from sslbench.registry import METHODS; "
    code += "print(METHODS.get('plugged-in').name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "plugged-in", done.stderr

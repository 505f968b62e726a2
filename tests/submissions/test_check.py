"""`sslbench check`: what is broken in a method is found and explained, in a process of its own."""

import subprocess
import sys
import textwrap

import pytest

from sslbench.registry import METHODS
from sslbench.submissions.check import check, findings

HEAD = '''
import torch
from dataclasses import dataclass
from sslbench.methods.base import JointEmbedding
from sslbench.methods.card import Card
from sslbench.methods.contrastive import SimCLR

@dataclass(frozen=True)
class Mine(SimCLR):
    """Mine.

    Source: mine.
    Deviation: none.
    """
    card = Card(title="Mine", family="submitted", source="mine")
'''


def written(tmp_path, body):
    (tmp_path / "mine.py").write_text(textwrap.dedent(HEAD) + textwrap.indent(textwrap.dedent(body), "    "))
    return str(tmp_path / "mine.py")


def broken(found):
    return {f.requirement.split(".")[0]: f.why for f in found if f.status == "broken"}


def broken_here(tmp_path, body):
    """The findings that the process of its own would print, without the seconds that it takes to start."""
    try:
        return broken(findings(written(tmp_path, body), ("wine",)))
    finally:
        METHODS.remove("mine")


def broken_there(tmp_path, body, **options):
    return broken(check(written(tmp_path, body), ("wine",), lambda f: None, **options))


@pytest.mark.parametrize(
    "body, requirement, says",
    [
        ("def loss(self, z1, z2):\n    return super().loss(z1, z2).sum()", "The loss of (runs", r"expected (3,)"),
        ("def loss(self, z1, z2):\n    return super().loss(z1 - z1.mean(0), z2)", "The loss of (runs", "axis of runs"),
        (
            "def loss(self, z1, z2):\n    value = super().loss(z1, z2)\n    return 2 * value.detach() - value",
            "The loss falls",
            "does its gradient",
        ),
        (
            "def loss(self, z1, z2):\n    return super().loss(z1 + torch.rand(1), z2)",
            "A run gives the same numbers",
            "batch.draw",
        ),
        ("def loss(self, z1, z2):\n    return (z1 - z2).square().mean((1, 2))", "After 100 steps", "collapsed"),
        ("def loss(self, z1, z2):\n    return super().loss(z1 * 0 + 1, z2 * 0 + 1)", "The gradient", "no gradient"),
        ("def loss(self, z1, z2):\n    return super().loss(z1, z2) + undefined", "The loss of (runs", r"NameError"),
    ],
)  # fmt: skip
def test_what_is_broken_is_found_and_explained(tmp_path, body, requirement, says):
    found = broken_here(tmp_path, body)
    why = [w for r, w in found.items() if r.startswith(requirement)]
    assert why and says in why[0], found


def test_an_error_names_the_line_of_the_file(tmp_path):
    found = broken_here(tmp_path, "def loss(self, z1, z2):\n    return undefined")
    line = 1 + (tmp_path / "mine.py").read_text().splitlines().index("        return undefined")
    assert all(f"mine.py, line {line}" in why for why in found.values()), found


def test_a_method_that_hangs_or_kills_its_process_is_a_finding(tmp_path):
    assert (
        "stopped after 8 s"
        in broken_there(tmp_path, "def loss(self, z1, z2):\n    while True: pass", seconds=8)["ends in time"]
    )
    assert "can be checked" in broken_there(tmp_path, "def loss(self, z1, z2):\n    import os; os._exit(3)")


def test_the_command_line_says_what_is_wrong_and_exits_1(tmp_path):
    run = lambda *a: subprocess.run([sys.executable, "-m", "sslbench", "check", *a], capture_output=True, text=True)  # noqa: E731
    none = run(str(tmp_path / "gone.py"))
    assert none.returncode == 1 and "there is no file" in none.stdout
    (tmp_path / "mine.py").write_text(textwrap.dedent(HEAD))
    fine = run(str(tmp_path / "mine.py"), "--tasks", "wine")
    assert fine.returncode == 0 and "all is well" in fine.stdout and "sslbench run --method" in fine.stdout

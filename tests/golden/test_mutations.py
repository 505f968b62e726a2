"""The golden values see what they are for: edits that move a number are caught, edits that move none are not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sslbench

PACKAGE = Path(sslbench.__file__).parent
SCRIPT = Path(__file__).with_name("components.py")
# file, what stands there, what is put in its place, and the component that must be found
MUTATIONS = [
    ("training/optimiser.py", "beta1=BETAS[0], beta2", "beta1=0.5, beta2", "training"),
    ("training/step.py", "return torch.tensor(rise + [(1 + ", "return torch.tensor(rise + [(2 + ", "training"),
    ("training/networks.py", "method.emb_dim) or width", "method.emb_dim) or 64", "method simclr"),
    ("draws.py", "add_(0.5).mul_(2.0**-23)", "add_(0.5).mul_(2.0**-24)", "training"),
    ("methods/redundancy.py", "(diagonal - 1).square()", "(diagonal - 1).abs()", "method barlow-twins"),
    ("views/columns.py", ".uniform(batch.shape) < self.strength", ".uniform(batch.shape) < 0.9", "view swap"),
    ("encoders/small.py", "(inputs, width, width, rep_dim)", "(inputs, width, rep_dim)", "encoder mlp"),
    ("probes/ridge.py", "+ y.mean(0).double()", "- y.mean(0).double()", "probe ridge"),
    ("probes/knn.py", "normalize(h - mean, dim=-1)", "normalize(h - 2 * mean, dim=-1)", "probe knn"),
    ("information/readers/link.py", "KNOTS = 7", "KNOTS = 1", "assumption redundancy-1"),
    ("information/pid.py", "SWEEPS, SCALINGS, LAST = 400", "SWEEPS, SCALINGS, LAST = 1", "estimators"),
    ("assumptions/overlap.py", "VIOLATED_OVER = 0.05", "VIOLATED_OVER = 0.06", "assumption augmentation-overlap"),
    ("information/rank.py", "LIDAR_RIDGE = 1e-4", "LIDAR_RIDGE = 1e-1", "metrics"),
    ("diagnosis/task_views.py", "default_rng(0)", "default_rng(1)", "feature maps"),
]
# edits that move no number: a comment, a docstring, a local name, an error's text, an unused constant
HARMLESS = [
    ("views/columns.py", '"""Exactly floor', '"""No more and no less than floor'),
    ("training/optimiser.py", "import math\n", "import math  # for the logarithm\n"),
    ("probes/knn.py", "hits", "matches"),
    ("encoders/small.py", "use mlp", "use the encoder mlp"),
    ("assumptions/conditional.py", "FEWEST_ROWS", "LEAST_ROWS"),
]


def complaints(folder: Path, edits: list[tuple], *components: str) -> str:
    """What the golden values say of a copy of the package with these edits."""
    copy = folder / "sslbench"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("tasks",):  # of a checkout; a wheel carries them inside
        if (PACKAGE.parent / part).is_dir():
            shutil.copytree(PACKAGE.parent / part, folder / part)
            shutil.copy(PACKAGE.parent / "pyproject.toml", folder)
    for file, old, new, *_ in edits:
        text = (copy / file).read_text()
        assert old in text, f"{file} no longer says {old!r}"
        (copy / file).write_text(text.replace(old, new))
    environment = os.environ | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(SCRIPT), "--check", *components]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=folder)
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr, done.stderr
    return done.stdout


# each starts a process of its own: four in every run of the tests, the others with -m slow
CASES = [pytest.param(m, id=m[0], marks=() if i % 4 == 0 else pytest.mark.slow) for i, m in enumerate(MUTATIONS)]


@pytest.mark.parametrize("mutation", CASES)
def test_an_edit_that_moves_a_number_is_caught(mutation, tmp_path):
    assert "raise its version" in complaints(tmp_path, [mutation], mutation[3])


@pytest.mark.slow
def test_edits_that_move_no_number_are_not_flagged(tmp_path):
    assert complaints(tmp_path, HARMLESS).strip() == ""

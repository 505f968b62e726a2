"""Every loss against an independent computation (tests/methods/cases.py): values, and gradients."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from cases import CASES, DIM, ROWS, RUNS, VIEWS, lightly_cases
from compare import compare, compare_gradients

from sslbench.information.entropy import entropy
from sslbench.methods.base import Supervised
from sslbench.registry import METHODS

NAMED = [pytest.param(c, id=f"{c.method}, {c.what}") for c in CASES]


@pytest.mark.parametrize("case", NAMED)
def test_value_matches_its_formula(case):
    assert compare(case) < case.rtol


@pytest.mark.parametrize("case", NAMED)
def test_gradient_matches_finite_differences(case):
    few = {k: v[:1, :6, :6] if v.ndim == 3 else v[:1, :6] for k, v in case.inputs.items()}
    free = [k for k in few if k not in case.fixed]
    if not free:
        pytest.skip("no gradient flows through every use of its inputs; lightly's gradient is compared instead")
    tensors = {k: torch.tensor(v, requires_grad=k in free) for k, v in few.items()}
    call = lambda *free_values: case.ours(**(tensors | dict(zip(free, free_values, strict=True)))).sum()  # noqa: E731
    assert torch.autograd.gradcheck(call, [tensors[k] for k in free])


def test_every_method_with_a_loss_has_a_formula():
    with_loss = {n for n in METHODS if hasattr(METHODS.get(n), "loss")}
    assert with_loss == {c.method for c in CASES if hasattr(METHODS.get(c.method), "loss")}


@pytest.fixture(scope="module")
def lightly():
    pytest.importorskip("lightly")
    return lightly_cases()


def test_values_and_gradients_match_lightly(lightly):
    for case in lightly:
        assert compare(case) < case.rtol, f"{case.method}, {case.what}: {compare(case):.1e}"
        assert compare_gradients(case) < case.rtol * 10, f"{case.method}, {case.what}: {compare_gradients(case):.1e}"


def test_tico_carries_its_moment_as_lightly_does():
    partner = pytest.importorskip("lightly.loss").TiCoLoss()
    method, before = METHODS.get("tico")(), 0.0
    for step in range(3):
        z1, z2 = (torch.randn(1, 16, 5, generator=torch.Generator().manual_seed(10 * step + i)) for i in range(2))
        assert method.loss(z1, z2, before).item() == pytest.approx(partner(z1[0], z2[0]).item(), rel=1e-5)
        before = method.moment(z1, before)


def test_dino_moves_its_center_as_lightly_does():
    partner = pytest.importorskip("lightly.loss").DINOLoss(output_dim=7, warmup_teacher_temp=0.04)
    method, center = METHODS.get("dino")(), torch.zeros(1, 1, 7)
    for step in range(3):
        draw = torch.Generator().manual_seed(step)
        student, teacher = ([torch.rand(1, 9, 7, generator=draw) for _ in range(2)] for _ in range(2))
        ours = (method.loss(student[0], teacher[1], center) + method.loss(student[1], teacher[0], center)) / 2
        theirs = partner([t[0] for t in teacher], [s[0] for s in student], epoch=0)
        assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)
        center = center.lerp(sum(t.mean(1, keepdim=True) for t in teacher) / 2, 1 - method.center_momentum)


def test_corinfomax_covariance_forgets():
    method = METHODS.get("corinfomax")(forget=0.25)
    z, cov, mean = torch.tensor(VIEWS["a"]), torch.eye(DIM).double().repeat(RUNS, 1, 1), torch.zeros(RUNS, 1, DIM)
    got, at = method.running(z, cov, mean.double())
    for run, x in enumerate(VIEWS["a"]):
        m = 0.25 * x.mean(0)
        want = 0.75 * np.eye(DIM) + 0.25 * (x - m).T @ (x - m) / ROWS
        assert np.allclose(got[run], want) and np.allclose(at[run, 0], m)


def test_vicreg_refuses_a_convention_it_does_not_know():
    with pytest.raises(ValueError, match="official or paper"):
        METHODS.get("vicreg")(convention="mine").loss(*(torch.tensor(z) for z in VIEWS.values()))


def test_clip_scale_is_learnt_and_clipped():
    method = METHODS.get("clip")()
    z1, z2 = (torch.tensor(z) for z in VIEWS.values())
    at = lambda s: method.loss(z1, z2, torch.full((2,), s, dtype=torch.double))  # noqa: E731
    assert torch.allclose(at(np.log(1 / 0.07)), method.loss(z1, z2))
    assert torch.equal(at(10.0), at(20.0)) and not torch.equal(at(2.0), at(3.0))


def test_label_using_methods_sum_over_targets_and_heads():
    class Read(Supervised):
        def logits(self, nets, inputs):
            return {"y": [inputs[0], inputs[0]], "x": [inputs[0]]}

    from sslbench.methods.base import Batch

    z, y = torch.tensor(VIEWS["a"]), torch.randint(0, DIM, (RUNS, ROWS))
    got = Read().objective(None, Batch((), (z,), y, {"y": y, "x": y}, None))
    assert torch.allclose(got, 3 * Read().loss(z, y))


def test_pca_spans_what_scikit_learn_finds():
    from sklearn.decomposition import PCA

    class Nets:
        rep_dims = [3]

    x = torch.tensor(VIEWS["a"], dtype=torch.float32)
    h = METHODS.get("pca")().fit(Nets(), (x,))(0, x)
    for run in range(2):
        want = PCA(3).fit_transform(VIEWS["a"][run])
        assert np.abs(h[run].numpy()) == pytest.approx(np.abs(want), abs=1e-4)


def test_gradient_boosting_learns_and_handles_gaps_and_unseen_classes():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    x[::7, 0] = np.nan
    y = (np.nan_to_num(x[:, 0]) + x[:, 1] > 0).astype(int)
    p = METHODS.get("gradient-boosting")().predict(
        (x[:250], y[:250]), (x[250:300], y[250:300]), x[300:], np.zeros(3, dtype=bool), 0
    )
    assert (p.argmax(1) == y[300:]).mean() > 0.85 and p.sum(1) == pytest.approx(1)


def test_pairwise_bounds_bracket_a_mixtures_entropy():
    """Two Gaussians far apart: both bounds are tight at the component's entropy + log 2."""
    centres = torch.tensor([[[0.0, 0.0], [100.0, 0.0]]], dtype=torch.double)
    want = np.log(2 * np.pi * np.e) + np.log(2)
    assert entropy(centres, "pairwise-upper").item() == pytest.approx(want)
    assert entropy(centres, "pairwise-lower").item() == pytest.approx(want)
    near = torch.tensor(VIEWS["a"][:1])
    assert entropy(near, "pairwise-lower") < entropy(near, "pairwise-upper")


def test_the_table_in_the_docs_is_of_these_cases():
    """Every method and case is in docs/methods.md; what was measured is left out of the comparison."""
    pytest.importorskip("lightly")
    import table

    cut = lambda text: re.sub(r"\d\.\de[-+]\d+|0\.0", "#", text)  # noqa: E731
    written = (Path(__file__).resolve().parents[2] / "docs" / "methods.md").read_text()
    assert cut(written) == cut(table.text()), "run: python tests/methods/table.py"

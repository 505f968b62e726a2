"""Every loss against an independent formula in float64 NumPy (or scikit-learn)."""

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from sslbench.information.entropy import entropy
from sslbench.registry import METHODS

RNG = np.random.default_rng(0)
BASE = RNG.normal(size=(2, 24, 6))
Z1, Z2 = BASE + 0.3 * RNG.normal(size=BASE.shape), BASE + 0.3 * RNG.normal(size=BASE.shape)


def unit(z):
    return z / np.linalg.norm(z, axis=-1, keepdims=True)


def simclr(a, b, temperature=0.2):
    z = unit(np.concatenate([a, b]))
    s, n = z @ z.T / temperature, len(a)
    total = 0.0
    for i in range(2 * n):
        others = [j for j in range(2 * n) if j != i]
        total += logsumexp(s[i, others]) - s[i, (i + n) % (2 * n)]
    return total / (2 * n)


def barlow_twins(a, b, weight=5e-3):
    d = a.shape[1]
    sd = lambda z: np.sqrt(z.var(0) + 1e-5)  # noqa: E731
    c = ((a - a.mean(0)) / sd(a)).T @ ((b - b.mean(0)) / sd(b)) / len(a)
    return ((np.diag(c) - 1) ** 2).sum() + weight * (c[~np.eye(d, dtype=bool)] ** 2).sum()


def vicreg(a, b):
    variance = np.mean([np.maximum(0, 1 - np.sqrt(z.var(0, ddof=1) + 1e-4)).mean() for z in (a, b)])
    off = lambda z: (np.cov(z.T)[~np.eye(z.shape[1], dtype=bool)] ** 2).sum() / z.shape[1]  # noqa: E731
    return 25 * ((a - b) ** 2).mean() + 25 * variance + off(a) + off(b)


def gaussian_entropy(z, ridge=1e-3):
    cov = np.cov(z.T) + ridge * np.eye(z.shape[1])
    return 0.5 * np.linalg.slogdet(2 * np.pi * np.e * cov)[1]


def pairwise(z, sd=1.0, scale=2.0):
    distance = ((z[:, None] - z[None]) ** 2).sum(-1)
    d = z.shape[1]
    return d / 2 * np.log(2 * np.pi * np.e * sd**2) - np.mean(
        [np.log(np.mean(np.exp(-row / (scale * sd**2)))) for row in distance]
    )


def logdet(a, b):
    return 25 * ((a - b) ** 2).mean() - 5 * (gaussian_entropy(a) + gaussian_entropy(b)) / 2 / a.shape[1]


def pairdist(a, b):
    return 25 * ((a - b) ** 2).mean() - 5 * (pairwise(a) + pairwise(b)) / 2


def byol(p, t):
    return np.mean([2 - 2 * u @ v for u, v in zip(unit(p), unit(t), strict=True)])


def scarf(a, b):
    s = unit(a) @ unit(b).T
    return np.mean([logsumexp(s[i]) - s[i, i] for i in range(len(s))])


def clip(a, b):
    s = unit(a) @ unit(b).T / 0.07
    return np.mean([(logsumexp(s[i]) + logsumexp(s[:, i])) / 2 - s[i, i] for i in range(len(s))])


def squared_error(a, b):
    return np.mean((a - b) ** 2)


FORMULAS = {
    "simclr": simclr,
    "barlow-twins": barlow_twins,
    "vicreg": vicreg,
    "vicreg-logdet": logdet,
    "vicreg-pairdist": pairdist,
    "byol": byol,
    "scarf": scarf,
    "clip": clip,
    "denoising-ae": squared_error,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_loss_matches_its_formula(name):
    got = METHODS.get(name)().loss(torch.tensor(Z1), torch.tensor(Z2))
    want = [FORMULAS[name](a, b) for a, b in zip(Z1, Z2, strict=True)]
    assert got.tolist() == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("name", FORMULAS)
def test_gradient_matches_finite_differences(name):
    z1 = torch.tensor(Z1[:1, :6], requires_grad=True)
    z2 = torch.tensor(Z2[:1, :6], requires_grad=True)
    assert torch.autograd.gradcheck(lambda a, b: METHODS.get(name)().loss(a, b).sum(), (z1, z2))


def test_every_method_with_a_loss_has_a_formula():
    with_loss = {n for n in METHODS if hasattr(METHODS.get(n), "loss")}
    assert with_loss == set(FORMULAS)


def test_vicreg_halves_its_variance_term():
    """On small inputs the hinge is active: the loss is the mean of the two branches, not their sum."""
    a, b = (torch.tensor(z) for z in (Z1, Z2))
    method = METHODS.get("vicreg")
    halved = method(invariance_weight=0, covariance_weight=0).loss(0.3 * a, 0.3 * b)
    want = [
        25 * np.mean([np.maximum(0, 1 - np.sqrt((0.3 * z).var(0, ddof=1) + 1e-4)).mean() for z in pair])
        for pair in zip(Z1, Z2, strict=True)
    ]
    assert halved.tolist() == pytest.approx(want)


def test_clip_scale_is_learnt_and_clipped():
    method = METHODS.get("clip")()
    z1, z2 = (torch.tensor(z) for z in (Z1, Z2))
    at = lambda s: method.loss(z1, z2, torch.full((2,), s, dtype=torch.double))  # noqa: E731
    assert torch.allclose(at(np.log(1 / 0.07)), method.loss(z1, z2))
    assert torch.equal(at(10.0), at(20.0)) and not torch.equal(at(2.0), at(3.0))


def test_supervised_matches_cross_entropy():
    from sslbench.methods.base import Batch

    class Nets:
        def encode(self, stream, x):
            return x

        def classify(self, target, h):
            return h

    labels = torch.randint(0, 6, (2, 24))
    got = METHODS.get("supervised")().objective(Nets(), Batch((), (torch.tensor(Z1),), {"y": labels}, None))
    want = [
        np.mean([logsumexp(r) - r[c] for r, c in zip(z, y.tolist(), strict=True)])
        for z, y in zip(Z1, labels, strict=True)
    ]
    assert got.tolist() == pytest.approx(want)


def test_pca_spans_what_scikit_learn_finds():
    from sklearn.decomposition import PCA

    class Nets:
        rep_dims = [3]

    x = torch.tensor(Z1, dtype=torch.float32)
    h = METHODS.get("pca")().fit(Nets(), (x,))(0, x)
    for run in range(2):
        want = PCA(3).fit_transform(Z1[run])
        assert np.abs(h[run].numpy()) == pytest.approx(np.abs(want), abs=1e-4)


def test_gradient_boosting_learns_and_handles_gaps_and_unseen_classes():
    x = RNG.normal(size=(400, 3))
    x[::7, 0] = np.nan
    y = (np.nan_to_num(x[:, 0]) + x[:, 1] > 0).astype(int)
    p = METHODS.get("gradient-boosting")().predict(
        (x[:250], y[:250]), (x[250:300], y[250:300]), x[300:], np.zeros(3, dtype=bool), 0
    )
    assert (p.argmax(1) == y[300:]).mean() > 0.85 and p.sum(1) == pytest.approx(1)


@pytest.mark.parametrize(
    "kind, formula",
    [("logdet", gaussian_entropy), ("pairwise-upper", pairwise), ("pairwise-lower", lambda z: pairwise(z, scale=8.0))],
)
def test_entropy_matches_its_formula(kind, formula):
    assert entropy(Z1, kind).tolist() == pytest.approx([formula(z) for z in Z1])


def test_pairwise_bounds_bracket_a_mixtures_entropy():
    """Two Gaussians far apart: both bounds are tight at the component's entropy + log 2."""
    centres = torch.tensor([[[0.0, 0.0], [100.0, 0.0]]], dtype=torch.double)
    want = np.log(2 * np.pi * np.e) + np.log(2)
    assert entropy(centres, "pairwise-upper").item() == pytest.approx(want)
    assert entropy(centres, "pairwise-lower").item() == pytest.approx(want)
    near = torch.tensor(Z1[:1])
    assert entropy(near, "pairwise-lower") < entropy(near, "pairwise-upper")

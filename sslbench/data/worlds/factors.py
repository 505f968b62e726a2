"""Continuous worlds: normal factors, shared or private, coded in vectors; labels through a known link. Truth in bits.

The names of the options are the worlds' own; every view is standard normal nuisance except for its first coordinates,
and is rotated.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from sslbench.data.worlds.skins import rotation
from sslbench.data.worlds.truth import LN2, binary_entropy, entropy, left_open, sigmoid, softmax_gap


@dataclass(frozen=True)
class Sample:
    """Rows of a world: two views (n, dim), classes (n,), and the factors that made them.

    original: the item before it was viewed, where views are corruptions.
    """

    x1: np.ndarray
    x2: np.ndarray
    y: np.ndarray
    original: np.ndarray | None = None
    factors: dict[str, np.ndarray] = field(default_factory=dict)


Draw = Callable[[np.random.Generator, int, int], Sample]


def _blank(rng: np.random.Generator, n: int, dim: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(size=(n, dim)), rng.normal(size=(n, dim))


def _coin(rng: np.random.Generator, p: np.ndarray) -> np.ndarray:
    return (rng.random(len(p)) < p).astype(np.int64)


def _done(rng, a: np.ndarray, b: np.ndarray, y: np.ndarray, **factors) -> Sample:
    return Sample(a @ rotation(a.shape[1], rng), b @ rotation(b.shape[1], rng), y, None, factors)


def logistic(shared: float, private: float, noise: float = 0.0) -> tuple[Draw, dict[str, float]]:
    """y ~ sigmoid(shared S + private P): S in both views (seen with variance `noise`), P in view 1 only."""

    def draw(rng, n, dim):
        a, b = _blank(rng, n, dim)
        s, p = rng.normal(size=n), a[:, 1].copy()
        for view in (a, b):
            view[:, 0] = (s + math.sqrt(noise) * rng.normal(size=n)) / math.sqrt(1 + noise)
        return _done(rng, a, b, _coin(rng, sigmoid(shared * s + private * p)), shared=s, private=p)

    one, two = noise / (1 + noise), (noise / 2) / (1 + noise / 2)  # variance of S left open by one and by two views
    a2, b2 = shared**2, private**2
    both = left_open(a2 * (1 - two) + b2, a2 * two)
    first, second = left_open(a2 * (1 - one) + b2, a2 * one), left_open(a2 * (1 - one), a2 * one + b2)
    truth = {"redundancy-1": second - both, "redundancy-2": first - both, "information": 1 - both}
    return draw, truth


def coded(strength: float = 2.0) -> tuple[Draw, dict[str, float]]:
    """View 1 holds S as it is, view 2 as the product with a random sign, beside that sign.

    The views are redundant, yet nothing linear reads view 2.
    """

    def draw(rng, n, dim):
        a, b = _blank(rng, n, dim)
        s, sign = rng.normal(size=n), rng.choice([-1.0, 1.0], size=n)
        a[:, 0], b[:, 0], b[:, 1] = s, s * sign, sign
        return _done(rng, a, b, _coin(rng, sigmoid(strength * s)), shared=s)

    return draw, {"redundancy-1": 0.0, "redundancy-2": 0.0, "information": 1 - left_open(strength**2, 0.0)}


def signs(flip: float, in_second: int) -> tuple[Draw, dict[str, float]]:
    """y is the product of random signs, one in view 1 and `in_second` in view 2, flipped with probability `flip`.

    Synergy of 1 + in_second factors.
    """

    def draw(rng, n, dim):
        a, b = _blank(rng, n, dim)
        s = rng.choice([-1.0, 1.0], size=(n, 1 + in_second))
        a[:, 0], b[:, :in_second] = s[:, 0], s[:, 1:]
        return _done(rng, a, b, ((s.prod(1) > 0) ^ (rng.random(n) < flip)).astype(np.int64))

    gap = 1 - float(binary_entropy(np.array(flip)))
    return draw, {"redundancy-1": gap, "redundancy-2": gap, "information": gap}


def flipped(mean: float, flip: float) -> tuple[Draw, dict[str, float]]:
    """Both views hold one coordinate with mean +-`mean` by the class; in view 2 its sign may be turned.

    flip: the probability of a turn; the views keep the label (0) or destroy part of it.
    """

    def draw(rng, n, dim):
        a, b = _blank(rng, n, dim)
        y = rng.integers(2, size=n)
        t = mean * (2 * y - 1) + rng.normal(size=n)
        a[:, 0], b[:, 0] = t, t * np.where(rng.random(n) < flip, -1, 1)
        return _done(rng, a, b, y)

    t = np.linspace(-mean - 10, mean + 10, 200_001)
    density = 0.5 * (np.exp(-((t - mean) ** 2) / 2) + np.exp(-((t + mean) ** 2) / 2)) / math.sqrt(2 * math.pi)
    q = sigmoid(2 * mean * t)
    step = float(t[1] - t[0])
    open_1 = float((binary_entropy(q) * density).sum() * step)
    open_2 = float((binary_entropy((1 - flip) * q + flip * (1 - q)) * density).sum() * step)
    return draw, {"redundancy-1": open_2 - open_1, "redundancy-2": 0.0, "information": 1 - open_1}


def gaussian(shared: float, private: float, noise: float, bins: int = 4) -> tuple[Draw, dict[str, float]]:
    """A regression: t = shared S + private P + sqrt(noise) e, binned into equal shares; S in both views, P in view 1.

    Truth of the binned target by quadrature over what each view leaves open.
    """
    total = shared**2 + private**2 + noise
    from scipy.stats import norm

    edges = norm.ppf(np.arange(1, bins) / bins) * math.sqrt(total)

    def draw(rng, n, dim):
        a, b = _blank(rng, n, dim)
        s = rng.normal(size=n)
        a[:, 0], b[:, 0] = s, s
        t = shared * s + private * a[:, 1] + math.sqrt(noise) * rng.normal(size=n)
        return _done(rng, a, b, np.searchsorted(edges, t), value=t)

    def open_after(known: float) -> float:
        x, w = np.polynomial.hermite_e.hermegauss(120)
        m = math.sqrt(known) * x
        cdf = norm.cdf((edges[None] - m[:, None]) / math.sqrt(total - known))
        p = np.diff(np.concatenate([np.zeros((len(x), 1)), cdf, np.ones((len(x), 1))], 1), axis=1)
        return float((-(p * np.log2(np.maximum(p, 1e-300))).sum(1) * w).sum() / w.sum())

    both = open_after(shared**2 + private**2)
    return draw, {
        "redundancy-1": open_after(shared**2) - both,
        "redundancy-2": 0.0,
        "information": math.log2(bins) - both,
    }


def noisy_copies(noise: float, label_noise: float = 0.5, bins: int = 4) -> tuple[Draw, dict[str, float]]:
    """x_i = S + noise e_i, t = S + label_noise e, binned: redundancy fails although nothing is unique to a view."""
    from scipy.stats import norm

    total = 1 + label_noise**2
    edges = norm.ppf(np.arange(1, bins) / bins) * math.sqrt(total)

    def draw(rng, n, dim):
        a, b = _blank(rng, n, dim)
        s = rng.normal(size=n)
        for view in (a, b):
            view[:, 0] = (s + noise * rng.normal(size=n)) / math.sqrt(1 + noise**2)
        return _done(rng, a, b, np.searchsorted(edges, s + label_noise * rng.normal(size=n)), shared=s)

    def open_after(left: float) -> float:  # variance of S left open
        x, w = np.polynomial.hermite_e.hermegauss(120)
        m = math.sqrt(1 - left) * x
        cdf = norm.cdf((edges[None] - m[:, None]) / math.sqrt(left + label_noise**2))
        p = np.diff(np.concatenate([np.zeros((len(x), 1)), cdf, np.ones((len(x), 1))], 1), axis=1)
        return float((-(p * np.log2(np.maximum(p, 1e-300))).sum(1) * w).sum() / w.sum())

    v = noise**2
    one, two = v / (1 + v), (v / 2) / (1 + v / 2)
    gap = open_after(one) - open_after(two)
    return draw, {"redundancy-1": gap, "redundancy-2": gap, "information": math.log2(bins) - open_after(two)}


def many_classes(classes: int, shared: float, private: float) -> tuple[Draw, dict[str, float]]:
    """y ~ softmax of a normal block of min(classes - 1, 5) coordinates, shared and/or private to view 1."""
    q = min(classes - 1, 5)

    def weights(scale: float, seed: int) -> np.ndarray:
        a = np.random.default_rng(seed).normal(size=(classes, q))
        return scale * (a - a.mean(0)) / math.sqrt(q) * math.sqrt(2)

    one, two = weights(shared, 1), weights(private, 2)

    def draw(rng, n, dim):
        a, b = _blank(rng, n, dim)
        s = rng.normal(size=(n, q))
        a[:, :q], b[:, :q] = s, s
        logits = s @ one.T + a[:, q : 2 * q] @ two.T if private else s @ one.T
        y = (logits + rng.gumbel(size=logits.shape)).argmax(1)  # a draw from the softmax
        return _done(rng, a, b, y)

    gap = softmax_gap(one, two) if private else 0.0
    information = softmax_gap(np.zeros((classes, 1)), np.concatenate([one, two], 1))
    return draw, {"redundancy-1": gap, "redundancy-2": 0.0 if shared else None, "information": information}


def modular(classes: int, noise: float = 0.2, scalar: bool = False) -> tuple[Draw, dict[str, float]]:
    """y = (k1 + k2) mod classes, replaced at random with probability `noise`; k1 in view 1, k2 in view 2.

    Each is coded as a simplex, or as one number (`scalar`): synergy that is no product of two directions.
    """
    simplex = np.eye(classes) - 1 / classes
    simplex = simplex @ np.linalg.svd(simplex)[2][: classes - 1].T * math.sqrt(classes)

    def draw(rng, n, dim):
        a, b = _blank(rng, n, dim)
        for view, k in zip((a, b), (ks := rng.integers(classes, size=(2, n))), strict=True):
            if scalar:
                view[:, 0] = (k - (classes - 1) / 2) / math.sqrt((classes**2 - 1) / 12)
            else:
                view[:, : classes - 1] = simplex[k]
        y = np.where(rng.random(n) < noise, rng.integers(classes, size=n), ks.sum(0) % classes)
        return _done(rng, a, b, y)

    p = np.full(classes, noise / classes)
    p[0] += 1 - noise
    gap = math.log2(classes) - entropy(p)
    return draw, {"redundancy-1": gap, "redundancy-2": gap, "information": gap}


def content_style(change: float = 1.0, label_style: float = 0.0, content: int = 5, style: int = 5):
    """A smooth invertible mixture of content, alike in both views, and style, which may be drawn anew.

    change: the probability of it per coordinate; y leans on the first content and, by `label_style`, on the first style
    coordinate of view 1.

    Source: after the numerical set-up of von Kuegelgen et al. 2021, arXiv:2106.04619: orthogonal layers with leaky
    ReLUs.
    """

    def draw(rng, n, dim):
        if dim < content + style:
            raise ValueError(f"content-style needs at least {content + style} columns, got {dim}")
        c, s1 = rng.normal(size=(n, content)), rng.normal(size=(n, style))
        s2 = np.where(rng.random((n, style)) < change, rng.normal(size=(n, style)), s1)
        views = [np.concatenate([c, s, rng.normal(size=(n, dim - content - style))], 1) for s in (s1, s2)]
        for _ in range(2):
            layer = rotation(dim, rng)
            views = [np.where(v @ layer > 0, v @ layer, 0.5 * (v @ layer)) for v in views]
        y = _coin(rng, sigmoid(2 * c[:, 0] + label_style * s1[:, 0]))
        return Sample(views[0], views[1], y, None, {"content": c, "style": s1})

    both = left_open(4 + label_style**2, 0.0)
    gap = left_open(4, label_style**2) - both if change == 1 else None
    return draw, {"redundancy-1": gap, "redundancy-2": 0.0, "information": 1 - both}


def corrupted(flip: float, mean: float = 1.5) -> tuple[Draw, dict[str, float]]:
    """An item whose one coordinate has mean +-`mean` by the class, and two noisy views of it.

    Each view turns that coordinate's sign with probability `flip`: it keeps the label (0) or destroys it, with the item
    at hand.
    """
    base, truth = flipped(mean, flip)

    def draw(rng, n, dim):
        x, _ = _blank(rng, n, dim)
        y = rng.integers(2, size=n)
        x[:, 0] = mean * (2 * y - 1) + rng.normal(size=n)
        views = []
        for _ in range(2):
            v = x + np.concatenate([np.zeros((n, 1)), 0.5 * rng.normal(size=(n, dim - 1))], 1)
            v[:, 0] *= np.where(rng.random(n) < flip, -1, 1)
            views.append(v)
        turn = rotation(dim, rng)
        return Sample(views[0] @ turn, views[1] @ turn, y, x @ turn)

    del base
    return draw, {"label-invariance": truth["redundancy-1"], "information": truth["information"]}


FACTORS: dict[str, Callable[..., tuple[Draw, dict[str, float]]]] = {
    "logistic": logistic,
    "coded": coded,
    "signs": signs,
    "flipped": flipped,
    "gaussian": gaussian,
    "noisy-copies": noisy_copies,
    "many-classes": many_classes,
    "modular": modular,
    "content-style": content_style,
    "corrupted": corrupted,
}


@functools.cache
def factor_world(name: str, options: tuple[tuple[str, object], ...]) -> tuple[Draw, dict[str, float]]:
    """The world's generator and its truth in bits; options as sorted pairs."""
    draw, truth = FACTORS[name](**dict(options))
    return draw, {k: v for k, v in truth.items() if v is not None}


__all__ = ["FACTORS", "LN2", "Sample", "factor_world"]

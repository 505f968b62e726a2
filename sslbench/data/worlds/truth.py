"""Exact information of worlds, bits: from a joint distribution, or by quadrature for labels of normal factors."""

import math
from collections.abc import Sequence

import numpy as np

LN2 = math.log(2)


def entropy(p: np.ndarray) -> float:
    """Entropy of a discrete distribution, bits."""
    p = p[p > 0]
    return float(-(p * np.log2(p)).sum())


def exact_information(joint: np.ndarray) -> dict[str, float]:
    """What two views say about the label, and about each other once it is known, bits.

    joint: P(X1, X2, Y), (codes of view 1, codes of view 2, classes).
    """
    h = lambda *axes: entropy(joint.sum(tuple(a for a in range(3) if a not in axes)).ravel())  # noqa: E731
    i1, i2 = h(0) + h(2) - h(0, 2), h(1) + h(2) - h(1, 2)
    both = h(0, 1) + h(2) - h(0, 1, 2)
    clean = lambda v: 0.0 if abs(v) < 1e-12 else v  # noqa: E731 - round-off of a true zero
    return {
        "redundancy-1": clean(both - i2),
        "redundancy-2": clean(both - i1),
        "information": clean(both),
        "conditional-independence": clean(h(0, 2) + h(1, 2) - h(0, 1, 2) - h(2)),
    }


def exact_stream_information(
    codes: Sequence[np.ndarray], label: np.ndarray, probability: np.ndarray
) -> dict[str, float]:
    """What aligned streams say about the label, bits: all together, and each once all others are known.

    codes: of each stream (outcomes, bits); label, probability: (outcomes,).
    """

    def h(*parts: np.ndarray) -> float:
        cell = np.unique(np.column_stack(parts), axis=0, return_inverse=True)[1].ravel()
        return entropy(np.bincount(cell, probability))

    information = lambda parts: h(*parts) + h(label) - h(*parts, label)  # noqa: E731 - I(Y; parts)
    clean = lambda v: 0.0 if abs(v) < 1e-12 else v  # noqa: E731 - round-off of a true zero
    joint = information(codes)
    each = {}
    for k in range(len(codes)):
        others = [c for j, c in enumerate(codes) if j != k]
        each[f"redundancy-{k + 1}"] = clean(joint - information(others))
    return each | {"information": clean(joint)}


def binary_entropy(p) -> np.ndarray:
    """Entropy of a coin, bits, elementwise."""
    p = np.clip(p, 1e-300, 1 - 1e-16)
    return -(p * np.log2(p) + (1 - p) * np.log1p(-p) / LN2)


def sigmoid(u):
    """The logistic function."""
    return 1 / (1 + np.exp(-u))


def left_open(known: float, hidden: float) -> float:
    """H(Y | what is known), bits, for Y ~ Bernoulli(sigmoid(u)), by 80-point Gauss-Hermite quadrature.

    u is the sum of independent normals of variance `known` and `hidden`.
    """
    x, w = np.polynomial.hermite_e.hermegauss(80)
    w = w / w.sum()
    p = (sigmoid(math.sqrt(known) * x[:, None] + math.sqrt(hidden) * x[None]) * w).sum(1)
    return float((binary_entropy(p) * w).sum())


def softmax_gap(shared: np.ndarray, private: np.ndarray, draws: int = 3000, seed: int = 3) -> float:
    """I(Y; Z | S), bits, for Y ~ softmax(S shared' + Z private'), S and Z standard normal.

    Monte Carlo over draws x draws.
    shared: (classes, q); private: (classes, q).
    """
    rng = np.random.default_rng(seed)
    s, z = rng.normal(size=(draws, shared.shape[1])), rng.normal(size=(draws, private.shape[1]))
    a, b = s @ shared.T, z @ private.T
    total = 0.0
    for rows in np.array_split(a, 30):
        logits = rows[:, None] + b[None]
        p = np.exp(logits - logits.max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)
        mean = p.mean(1)
        total += float((-(mean * np.log2(mean)).sum(-1) + (p * np.log2(np.maximum(p, 1e-300))).sum(-1).mean(1)).sum())
    return total / draws

"""Worlds with known truth: discrete gates whose bits are lifted to vectors. The truth is computed from the exact joint
here.
"""

from collections.abc import Callable

import numpy as np

from sslbench.data.installed import columns_of
from sslbench.data.streams import Raw
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source


def entropy(p: np.ndarray) -> float:
    """Entropy of a discrete distribution, bits."""
    p = p[p > 0]
    return float(-(p * np.log2(p)).sum())


def exact_information(joint: np.ndarray) -> dict[str, float]:
    """What the views say about the label, in bits, from the joint (codes of X1, codes of X2, classes)."""
    h = lambda *axes: entropy(joint.sum(tuple(a for a in range(3) if a not in axes)).ravel())  # noqa: E731
    i1, i2 = h(0) + h(2) - h(0, 2), h(1) + h(2) - h(1, 2)
    both = h(0, 1) + h(2) - h(0, 1, 2)
    clean = lambda v: 0.0 if abs(v) < 1e-12 else v  # noqa: E731 - round-off of a true zero
    return {"redundancy-1": clean(both - i2), "redundancy-2": clean(both - i1), "information": clean(both)}


def _gate(bits: Callable, probability: Callable) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every outcome of two fair bits (a, b): codes of each view (4, ...), and the probability of y = 1, (4,)."""
    outcomes = [(a, b) for a in (0, 1) for b in (0, 1)]
    views = [bits(a, b) for a, b in outcomes]
    return (
        np.array([v[0] for v in views]),
        np.array([v[1] for v in views]),
        np.array([probability(a, b) for a, b in outcomes]),
    )


def switch(mix: float):
    """x1 = (s, u), x2 = s; y is s, but with probability `mix` it is u. Redundancy fails from view 1 only."""
    return _gate(lambda s, u: ((s, u), (s,)), lambda s, u: (1 - mix) * s + mix * u)


def xor():
    """x1 = a, x2 = b, y = a xor b: each view alone says nothing, both say all. Pure synergy."""
    return _gate(lambda a, b: ((a,), (b,)), lambda a, b: a ^ b)


GATES = {"switch": switch, "xor": xor}


@SOURCES.register("world")
def world_source(source: Source) -> Raw:
    """A gate lifted to vectors: each bit is +-1 with a little noise, beside standard normal nuisance, under a
    rotation.
    """
    if source.name not in GATES:
        raise DataError(f"there is no world {source.name!r}; there are {', '.join(GATES)}")
    options = dict(source.options)
    rows, dim, seed = (options.pop(key) for key in ("rows", "dim", "seed"))
    first, second, p = GATES[source.name](**options)
    rng = np.random.default_rng(seed)
    outcome = rng.integers(len(p), size=rows)
    labels = (rng.random(rows) < p[outcome]).astype(np.int64)
    streams = tuple(
        columns_of(_lift(codes[outcome], dim, rng), name, "x") for codes, name in ((first, "first"), (second, "second"))
    )
    joint = np.zeros((len(np.unique(first, axis=0)), len(np.unique(second, axis=0)), 2))
    one, two = (np.unique(codes, axis=0, return_inverse=True)[1].ravel() for codes in (first, second))
    for k in range(len(p)):
        joint[one[k], two[k]] += np.array([1 - p[k], p[k]]) / len(p)
    return Raw(streams, {"label": labels}, truth={"label": exact_information(joint)})


def _lift(bits: np.ndarray, dim: int, rng: np.random.Generator, noise: float = 0.2) -> np.ndarray:
    """Bits (n, b) -> (n, dim): decodable without error to five sd, yet on no single axis."""
    values = rng.normal(size=(len(bits), dim))
    values[:, : bits.shape[1]] = 2 * bits - 1 + noise * values[:, : bits.shape[1]]
    rotation = np.linalg.qr(rng.normal(size=(dim, dim)))[0]
    return values @ rotation

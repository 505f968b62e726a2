"""Discrete worlds: gates of fair bits whose joint distribution, and so whose truth, is enumerated."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sslbench.data.worlds.truth import exact_information


@dataclass(frozen=True)
class Gate:
    """Every outcome with its probability: the code of each view (outcomes, bits) and the class."""

    first: np.ndarray
    second: np.ndarray
    label: np.ndarray
    probability: np.ndarray

    @property
    def joint(self) -> np.ndarray:
        """P(X1, X2, Y): (codes of view 1, codes of view 2, classes)."""
        one, two = (np.unique(c, axis=0, return_inverse=True)[1].ravel() for c in (self.first, self.second))
        joint = np.zeros((one.max() + 1, two.max() + 1, int(self.label.max()) + 1))
        np.add.at(joint, (one, two, self.label), self.probability)
        return joint

    @property
    def truth(self) -> dict[str, float]:
        return exact_information(self.joint)


def _gate(bits: int, rule: Callable) -> Gate:
    """A gate from a rule: fair bits -> (code of view 1, code of view 2, {class: probability})."""
    rows = []
    for outcome in range(2**bits):
        first, second, classes = rule(*((outcome >> b) & 1 for b in range(bits)))
        rows += [(first, second, label, p / 2**bits) for label, p in classes.items() if p > 0]
    first, second, label, probability = zip(*rows, strict=True)
    return Gate(np.array(first), np.array(second), np.array(label), np.array(probability))


def _coin(p: float) -> dict[int, float]:
    return {0: 1 - p, 1: p}


def copy() -> Gate:
    """Both views hold the label and nothing else in common: R = 1 bit."""
    return _gate(1, lambda s: ((s,), (s,), {s: 1.0}))


def unique() -> Gate:
    """View 1 alone holds the label: U1 = 1 bit."""
    return _gate(2, lambda s, t: ((s,), (t,), {s: 1.0}))


def xor(flip: float = 0.0) -> Gate:
    """x1 = a, x2 = b, y = a xor b: each view alone says nothing, both say all. Pure synergy."""
    return _gate(2, lambda a, b: ((a,), (b,), _coin(1 - flip if a ^ b else flip)))


def and_gate() -> Gate:
    """y = a and b: R = .3113 bits, S = .5."""
    return _gate(2, lambda a, b: ((a,), (b,), {a & b: 1.0}))


def or_gate() -> Gate:
    """y = a or b: as AND, with the classes exchanged."""
    return _gate(2, lambda a, b: ((a,), (b,), {a | b: 1.0}))


def nuisance(bits: int = 3) -> Gate:
    """x_i = (s, n_i), y = s, n_i of `bits` bits each: the minimal code has 1 bit, an InfoMax code 1 + bits."""
    return _gate(1 + 2 * bits, lambda s, *n: ((s, *n[:bits]), (s, *n[bits:]), {s: 1.0}))


def switch(mix: float) -> Gate:
    """x1 = (s, u), x2 = s; y is s, but with probability `mix` it is u. Redundancy fails from view 1 only."""
    return _gate(2, lambda s, u: ((s, u), (s,), _coin((1 - mix) * s + mix * u)))


def shared_nuisance(change: float) -> Gate:
    """x_i = (s, n_i), y = s, and n_2 is n_1 but with probability `change`.

    Redundancy holds, independence given y does not: I(X1; X2 | Y) = 1 - h(change).
    """
    gate = _gate(3, lambda s, n, m: ((s, n), (s, m), {s: 1.0}))
    agree = gate.first[:, 1] == gate.second[:, 1]
    return Gate(gate.first, gate.second, gate.label, np.where(agree, 1 - change, change) / 4)


def noisy_channels(flip: float) -> Gate:
    """Each view is y through its own binary symmetric channel: exactly independent given y, yet not redundant."""
    gate = _gate(3, lambda y, a, b: ((a,), (b,), {y: 1.0}))
    agree = lambda v: np.where(v[:, 0] == gate.label, 1 - flip, flip)  # noqa: E731
    return Gate(gate.first, gate.second, gate.label, agree(gate.first) * agree(gate.second) / 2)


def parity(flip: float = 0.1) -> Gate:
    """y = a xor b xor c with a in view 1 and b, c in view 2: synergy of three."""
    return _gate(3, lambda a, b, c: ((a,), (b, c), _coin(1 - flip if a ^ b ^ c else flip)))


def mixed() -> Gate:
    """Four classes, two bits of the label: one shared, one private to view 1. R = U1 = 1 bit."""
    return _gate(2, lambda s, u: ((s, u), (s,), {2 * s + u: 1.0}))


GATES: dict[str, Callable[..., Gate]] = {
    "copy": copy,
    "unique": unique,
    "xor": xor,
    "and": and_gate,
    "or": or_gate,
    "nuisance": nuisance,
    "switch": switch,
    "shared-nuisance": shared_nuisance,
    "noisy-channels": noisy_channels,
    "parity": parity,
    "mixed": mixed,
}


def draw_gate(gate: Gate, rows: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes of both views and classes of sampled outcomes."""
    outcome = rng.choice(len(gate.probability), size=rows, p=gate.probability / gate.probability.sum())
    return gate.first[outcome], gate.second[outcome], gate.label[outcome]

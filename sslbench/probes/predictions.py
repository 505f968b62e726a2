"""What a probe says of the test rows, as it is stored, and the scores that follow from it and the labels alone."""

import re
from dataclasses import dataclass, replace

import numpy as np

from sslbench.errors import UsageError
from sslbench.probes.metrics import Measured, bits_score, hit_scores, recall_score


@dataclass(frozen=True)
class Truth:
    """What the predictions of a target are held against.

    labels: (rows,) of test; prior: (classes,), the class shares of all train + val rows, of which 0 bits are the loss.
    """

    labels: np.ndarray
    prior: np.ndarray
    ceiling: float | None = None  # of bits, where the world's truth is known


@dataclass(frozen=True)
class Predicted:
    """What a probe says of the test rows, in the few bits that are stored: scores are read from these, never from more.

    values: natural log-probabilities (rows, classes) as float16; classes (rows,) or ranks (rows,) as unsigned integers.
    """

    values: np.ndarray
    reverse: bool = False  # of a pair of streams: from the second to the first

    @classmethod
    def probabilities(cls, log_p: np.ndarray, prior: np.ndarray, share: float) -> "Predicted":
        """Of natural log-probabilities, (rows, classes), with a share of the class prior mixed in.

        So no row costs more than the loss of that share, however sure the probe was.
        """
        return cls(mixed(log_p, prior, share).astype(np.float16))

    @classmethod
    def classes(cls, predicted: np.ndarray) -> "Predicted":
        """Of one class for every row."""
        return cls(_small(predicted))

    @classmethod
    def ranks(cls, ranks: np.ndarray, reverse: bool = False) -> "Predicted":
        """Of the rank of every row's partner, 0 the best."""
        return cls(_small(ranks), reverse)

    def measured(self, metrics: tuple[str, ...], truth: Truth | None) -> list[Measured]:
        """These metrics, a pure function of what is stored; raises UsageError if it does not tell one of them."""
        return [replace(measure(metric, self.values, truth), reverse=self.reverse) for metric in metrics]


def mixed(log_p: np.ndarray, prior: np.ndarray, share: float) -> np.ndarray:
    """Natural logarithms of (1 - share) p + share prior. (..., classes) and (classes,) -> (..., classes)."""
    return np.log((1 - share) * np.exp(log_p.astype(np.float64)) + share * prior)


def _small(values: np.ndarray) -> np.ndarray:
    return values.astype(np.min_scalar_type(int(values.max())))


HITS = ("accuracy", "balanced-accuracy")


def measure(metric: str, values: np.ndarray, truth: Truth | None) -> Measured:
    """One metric of stored predictions; raises UsageError where they do not tell it."""
    if values.ndim == 1 and (depth := re.fullmatch(r"recall@(\d+)", metric)):
        return recall_score(values, int(depth[1]))
    if truth is not None and metric == "bits" and values.ndim == 2:
        return bits_score(values.astype(np.float64), truth.prior, truth.labels, truth.ceiling)
    if truth is not None and metric in HITS:
        predicted = values.argmax(1) if values.ndim == 2 else values
        return hit_scores(predicted, truth.labels, len(truth.prior))[HITS.index(metric)]
    kind = "probabilities" if values.ndim == 2 else "classes or ranks"
    raise UsageError(
        f"{metric!r} does not follow from {kind}{' without labels' if truth is None else ''}; from probabilities "
        f"follow bits, {', '.join(HITS)}; from classes {', '.join(HITS)}; from ranks recall@1, recall@2, ..."
    )

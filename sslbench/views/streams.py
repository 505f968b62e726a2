"""The natural two views of a pair: its two streams, as they are; and jittered copies of each."""

from dataclasses import dataclass

from torch import Tensor

from sslbench.draws import Draw
from sslbench.registry import VIEWS
from sslbench.views.base import View


@VIEWS.register("streams")
@dataclass(frozen=True)
class Streams(View):
    """View 1 is the first stream, view 2 the second.

    Natural pairs cannot be made stronger or weaker: strength has no effect.
    """

    kind = "pairs"

    def __call__(self, batch: Tensor, draw: Draw, pool: Tensor) -> Tensor:
        return batch


def jitter(x: Tensor, draw: Draw, noise: float = 0.1, drop: float = 0.1) -> Tensor:
    """A jittered copy of a stream's encoded inputs.

    Gaussian noise of sd `noise`, and each input blanked (set to its mean, 0) with probability `drop`.
    (runs, batch, ...) -> same.
    """
    kept = draw.of("drop").uniform(x.shape) >= drop
    return (x + noise * draw.of("noise").normal(x.shape)) * kept

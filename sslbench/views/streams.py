"""The natural two views of a pair: its two streams, as they are."""

from dataclasses import dataclass

from torch import Tensor

from sslbench.draws import Draw
from sslbench.registry import VIEWS
from sslbench.views.base import View


@VIEWS.register("streams")
@dataclass(frozen=True)
class Streams(View):
    """View 1 is the first stream, view 2 the second. Natural pairs cannot be made stronger or weaker: strength has no
    effect.
    """

    kind = "pairs"

    def __call__(self, batch: Tensor, draw: Draw, pool: Tensor) -> Tensor:
        return batch

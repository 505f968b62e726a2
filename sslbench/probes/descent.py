"""Training a probe by gradients, in mini-batches of train rows; val says which of its snapshots is kept."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from sslbench.draws import Draw


@dataclass(frozen=True)
class Descent:
    """How long and how fast: AdamW with one rate.

    A look at val every `every` steps, an end after `patience` looks in a row that were no better.
    """

    steps: int
    every: int
    batch: int
    rate: float
    weight_decay: float = 1e-2
    patience: int = 10

    def best(
        self,
        start: dict[str, Tensor],
        rows: int,
        loss: Callable[[dict[str, Tensor], Tensor], Tensor],
        val_loss: Callable[[dict[str, Tensor]], Tensor],
        draw: Draw,
    ) -> dict[str, Tensor]:
        """The parameters of least val loss, among the start and every look. `start` is not changed.

        loss: of parameters and places of train rows (batch,), below `rows`; val_loss: of parameters.
        """
        live = {name: value.detach().clone().requires_grad_() for name, value in start.items()}
        optimiser = torch.optim.AdamW(live.values(), lr=self.rate, weight_decay=self.weight_decay)
        with torch.no_grad():
            least, worse = float(val_loss(live)), 0
        best = start
        for step in range(1, self.steps + 1):
            batch = draw.at(step).integers((1, min(self.batch, rows)), high=rows)[0]
            optimiser.zero_grad()
            loss(live, batch).backward()
            optimiser.step()
            if step % self.every:
                continue
            with torch.no_grad():
                now = float(val_loss(live))
            worse = 0 if now < least else worse + 1
            if now < least:
                least, best = now, {name: value.detach().clone() for name, value in live.items()}
            if worse == self.patience:
                break
        return best

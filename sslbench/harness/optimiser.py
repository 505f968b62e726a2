"""AdamW over runs that train side by side, each with its own learning rate."""

import math
import re

import torch
from torch import Tensor, nn

BETAS, EPS = (0.9, 0.999), 1e-8
PLAIN = re.compile(r"(?:^|\.)nets\.(\d+)\.")


def run_of(name: str) -> int | None:
    """The run that an entry of a state dict belongs to; None if it has a leading axis of runs.

    A large encoder keeps one plain network per run under "nets.<run>"; all else is stacked.
    """
    found = PLAIN.search(name)
    return int(found.group(1)) if found else None


def of_entry(name: str, per_run: Tensor, ndim: int) -> Tensor:
    """A value per run, (runs,), shaped to go with one entry of a state dict."""
    run = run_of(name)
    return per_run.view(-1, *[1] * (ndim - 1)) if run is None else per_run[run]


class _Group:
    """Parameters of the same runs, with one flat state: a step is a dozen operations, however many parameters."""

    def __init__(self, parameters: list[nn.Parameter], runs: slice, stacked: bool):
        self.parameters, self.runs, self.stacked = parameters, runs, stacked
        self.sizes = [p[0].numel() if stacked else p.numel() for p in parameters]
        lines = parameters[0].shape[0] if stacked else 1
        self.mean = torch.zeros(lines, sum(self.sizes), device=parameters[0].device)
        self.square = torch.zeros_like(self.mean)

    def flat(self, tensors: list[Tensor]) -> Tensor:
        """(runs of the group, all entries)."""
        return torch.cat([t.reshape(len(self.mean), -1) for t in tensors], 1)

    def write(self, values: Tensor) -> None:
        """Put flat values back into the parameters."""
        for p, part in zip(self.parameters, values.split(self.sizes, 1), strict=True):
            p.copy_(part.view_as(p))


class StackedAdamW:
    """AdamW with decoupled weight decay. Source: Loshchilov & Hutter 2019, arXiv:1711.05101, Alg. 2.

    Every tensor keeps its place, so that a step can be captured in a CUDA graph. State is per run: a stacked run gets
    the same steps as alone, to the last bit.
    """

    def __init__(self, nets: nn.Module, weight_decay: float):
        named = [(k, p) for k, p in nets.named_parameters() if p.requires_grad]
        self.weight_decay = weight_decay
        stacked = [p for k, p in named if run_of(k) is None]
        self.groups = [_Group(stacked, slice(None), True)] if stacked else []
        for run in sorted({run_of(k) for k, _ in named} - {None}):
            mine = [p for k, p in named if run_of(k) == run]
            self.groups.append(_Group(mine, slice(run, run + 1), False))
        self.count = torch.zeros((), device=named[0][1].device)  # steps done

    def state(self) -> dict[str, Tensor]:
        """Everything that a checkpoint needs; the tensors themselves."""
        out = {"count": self.count}
        for i, group in enumerate(self.groups):
            out |= {f"mean.{i}": group.mean, f"square.{i}": group.square}
        return out

    def reset(self) -> None:
        """As if no step had been done."""
        for tensor in self.state().values():
            tensor.zero_()

    @torch.no_grad()
    def step(self, rate: Tensor) -> None:
        """One step from the parameters' gradients; rate: (runs,) learning rates. A missing gradient counts as 0."""
        self.count += 1
        one, two = (1 - torch.exp(self.count * math.log(b)) for b in BETAS)
        for g in self.groups:
            slope = g.flat([torch.zeros_like(p) if p.grad is None else p.grad for p in g.parameters])
            values, lr = g.flat(g.parameters), rate[g.runs, None]
            g.mean.lerp_(slope, 1 - BETAS[0])
            g.square.mul_(BETAS[1]).addcmul_(slope, slope, value=1 - BETAS[1])
            update = (g.mean / one) / ((g.square / two).sqrt_().add_(EPS))
            g.write(values * (1 - lr * self.weight_decay) - lr * update)

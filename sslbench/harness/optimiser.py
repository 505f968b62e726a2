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


class _Stacked:
    """Parameters with a leading axis of runs, with one flat state: a step is a dozen operations, however many they
    are.
    """

    def __init__(self, parameters: list[nn.Parameter], weight_decay: float):
        self.parameters, self.weight_decay = parameters, weight_decay
        self.sizes = [p[0].numel() for p in parameters]
        self.mean = torch.zeros(len(parameters[0]), sum(self.sizes), device=parameters[0].device)
        self.square = torch.zeros_like(self.mean)
        self.count = torch.zeros((), device=self.mean.device)  # steps done

    def state(self) -> dict[str, Tensor]:
        return {"mean": self.mean, "square": self.square, "count": self.count}

    def step(self, rate: Tensor) -> None:
        self.count += 1
        one, two = (1 - torch.exp(self.count * math.log(b)) for b in BETAS)
        flat = lambda tensors: torch.cat([t.reshape(len(self.mean), -1) for t in tensors], 1)  # noqa: E731
        slope = flat([torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters])
        values, lr = flat(self.parameters), rate[:, None]
        self.mean.lerp_(slope, 1 - BETAS[0])
        self.square.mul_(BETAS[1]).addcmul_(slope, slope, value=1 - BETAS[1])
        # mean / one / (sqrt(square / two) + eps), in fewer passes
        size = self.square.sqrt().mul_(one / two.sqrt()).add_(EPS * one)
        values.mul_(1 - lr * self.weight_decay).sub_(torch.div(self.mean, size, out=size).mul_(lr))
        for p, part in zip(self.parameters, values.split(self.sizes, 1), strict=True):
            p.copy_(part.view_as(p))


class _Plain:
    """The parameters of one run's own network: torch's fused AdamW, which passes once over the many weights."""

    def __init__(self, parameters: list[nn.Parameter], run: int, weight_decay: float):
        self.parameters, self.run = parameters, run
        self.rate = torch.zeros((), device=parameters[0].device)
        graph = self.rate.device.type == "cuda"
        self.inner = torch.optim.AdamW(
            parameters, self.rate, BETAS, EPS, weight_decay=weight_decay, fused=True, capturable=graph
        )
        before = [p.grad for p in parameters]
        for p in parameters:
            p.grad = torch.zeros_like(p)
        self.inner.step()  # at rate 0: makes the state, changes nothing
        for p, grad in zip(parameters, before, strict=True):
            p.grad = grad
            self.inner.state[p]["step"].zero_()

    def state(self) -> dict[str, Tensor]:
        return {f"{i}.{k}": v for i, p in enumerate(self.parameters) for k, v in self.inner.state[p].items()}

    def step(self, rate: Tensor) -> None:
        self.rate.copy_(rate[self.run])
        self.inner.step()


class StackedAdamW:
    """AdamW with decoupled weight decay, each run at its own rate. Source: Loshchilov & Hutter 2019, arXiv:1711.05101,
    Alg. 2.

    Every tensor keeps its place, so that a step can be captured in a CUDA graph. State is per run: a stacked run gets
    the same steps as alone, to the last bit.
    """

    def __init__(self, nets: nn.Module, weight_decay: float):
        named = [(k, p) for k, p in nets.named_parameters() if p.requires_grad]
        stacked = [p for k, p in named if run_of(k) is None]
        self.groups: list[_Stacked | _Plain] = [_Stacked(stacked, weight_decay)] if stacked else []
        for run in sorted({run_of(k) for k, _ in named} - {None}):
            self.groups.append(_Plain([p for k, p in named if run_of(k) == run], run, weight_decay))

    def state(self) -> dict[str, Tensor]:
        """Everything that a checkpoint needs; the tensors themselves."""
        return {f"{i}.{k}": v for i, group in enumerate(self.groups) for k, v in group.state().items()}

    def reset(self) -> None:
        """As if no step had been done."""
        for tensor in self.state().values():
            tensor.zero_()

    @torch.no_grad()
    def step(self, rate: Tensor) -> None:
        """One step from the parameters' gradients; rate: (runs,) learning rates."""
        for group in self.groups:
            group.step(rate)

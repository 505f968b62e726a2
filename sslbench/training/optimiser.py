"""AdamW, SGD and LARS over runs that train side by side, each with its own learning rate."""

import math
import re

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

from sslbench.methods.card import OptimizerConfig

BETAS, EPS = (0.9, 0.999), 1e-8
MOMENTUM, TRUST = 0.9, 1e-3  # of SGD and LARS
LANES = 64  # at least as many numbers as a kernel takes at once, and a multiple of it
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
    """Parameters with a leading axis of runs and one flat state: a step is a dozen operations."""

    def __init__(self, named: list[tuple[str, nn.Parameter]], recipe: OptimizerConfig, weight_decay: float):
        self.parameters, self.weight_decay, self.kind = [p for _, p in named], weight_decay, recipe.optimiser
        self.sizes = [p[0].numel() for p in self.parameters]
        device = self.parameters[0].device
        self.mean = torch.zeros(len(self.parameters[0]), sum(self.sizes), device=device)  # first moment, or momentum
        self.square = torch.zeros_like(self.mean) if self.kind == "adamw" else None
        self.count = torch.zeros((), device=device)  # steps done
        spread = lambda per: torch.cat([torch.full((n,), v, device=device) for n, v in zip(self.sizes, per)])  # noqa: E731, B905
        of = lambda part: [float(_of_part(name, part)) for name, _ in named]  # noqa: E731
        self.constant = spread([max(col) for col in zip(*map(of, recipe.constant))]) if recipe.constant else None  # noqa: B905
        self.held = [(spread(of(part)), share) for part, share in recipe.held]
        self.adapted = [_is_weight(name) for name, _ in named]  # LARS scales weights, not biases and norms

    def state(self) -> dict[str, Tensor]:
        kept = {"mean": self.mean, "square": self.square, "count": self.count}
        return {k: v for k, v in kept.items() if v is not None}

    def slope(self) -> Tensor:
        """The gradient, flat, (runs, parameters)."""
        return self._flat([torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters])

    def _flat(self, tensors: list[Tensor]) -> Tensor:
        return torch.cat([t.reshape(len(self.mean), -1) for t in tensors], 1)

    def step(self, slope: Tensor, rate: Tensor, factor: Tensor, progress: Tensor) -> None:
        """slope: the flat gradient; rate: (runs,) peak rates; factor: of the schedule; progress: share done."""
        values, lr = self._flat(self.parameters), (rate * factor)[:, None]
        if self.constant is not None:
            lr = torch.where(self.constant > 0, rate[:, None], lr)
        for part, share in self.held:
            lr = lr * (1 - part * (progress < share))
        self.count += 1
        {"adamw": self._adamw, "sgd": self._sgd, "lars": self._lars}[self.kind](values, slope, lr)
        for p, part in zip(self.parameters, values.split(self.sizes, 1), strict=True):
            p.copy_(part.view_as(p))

    def _adamw(self, values: Tensor, slope: Tensor, lr: Tensor) -> None:
        """Source: Loshchilov & Hutter 2019, arXiv:1711.05101, Alg. 2."""
        one, two = (1 - torch.exp(self.count * math.log(b)) for b in BETAS)
        self.mean.lerp_(slope, 1 - BETAS[0])
        self.square.mul_(BETAS[1]).addcmul_(slope, slope, value=1 - BETAS[1])
        # mean / one / (sqrt(square / two) + eps), in fewer passes
        size = self.square.sqrt().mul_(one / two.sqrt()).add_(EPS * one)
        values.mul_(1 - lr * self.weight_decay).sub_(torch.div(self.mean, size, out=size).mul_(lr))

    def _sgd(self, values: Tensor, slope: Tensor, lr: Tensor) -> None:
        """Momentum and L2 decay in the gradient, as in torch.optim.SGD."""
        self.mean.mul_(MOMENTUM).add_(slope + self.weight_decay * values)
        values.sub_(lr * self.mean)

    def _lars(self, values: Tensor, slope: Tensor, lr: Tensor) -> None:
        """Layer-wise rates: You et al. 2017, arXiv:1708.03888, Alg. 1; biases and norms are not scaled nor decayed."""
        scaled = []
        for w, g, adapted in zip(values.split(self.sizes, 1), slope.split(self.sizes, 1), self.adapted, strict=True):
            scaled.append(lars_gradient(w, g, self.weight_decay) if adapted else g)
        self.mean.mul_(MOMENTUM).add_(torch.cat(scaled, 1))
        values.sub_(lr * self.mean)


class _Fused:
    """AdamW of stacked parameters on a CPU: torch's fused kernel, one pass over every weight and its two moments.

    The kernel takes one rate a call: parameters are grouped by the schedule of their part. Runs go apart where their
    rates differ, and where a vector of the kernel would straddle two of them, which would change the last bits.

    Source: Loshchilov & Hutter 2019, arXiv:1711.05101, Alg. 2.
    """

    def __init__(self, named: list[tuple[str, nn.Parameter]], recipe: OptimizerConfig, weight_decay: float):
        self.parameters, self.weight_decay, self.constant = [p for _, p in named], weight_decay, recipe.constant
        self.moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in self.parameters]
        self.count = torch.zeros(())  # steps done
        self.groups: dict[tuple, list[int]] = {}
        for i, (name, _) in enumerate(named):
            held = tuple(share for part, share in recipe.held if _of_part(name, part))
            self.groups.setdefault((any(_of_part(name, part) for part in recipe.constant), held), []).append(i)

    def state(self) -> dict[str, Tensor]:
        both = {
            f"{i}.{k}": v for i, pair in enumerate(self.moments) for k, v in zip(("mean", "square"), pair, strict=True)
        }
        return both | {"count": self.count}

    def square_norm(self) -> Tensor:
        """Of every run's gradient, (runs,)."""
        return sum(p.grad.flatten(1).square().sum(1) for p in self.parameters if p.grad is not None)

    def shrink(self, by: Tensor) -> None:
        """Multiply every run's gradient by its number, (runs,)."""
        for p in self.parameters:
            if p.grad is not None:
                p.grad.mul_(by.view(-1, *[1] * (p.ndim - 1)))

    def step(self, rate: Tensor, factor: Tensor | float, progress: Tensor | float) -> None:
        """rate: (runs,) peak rates; factor: of the schedule; progress: share done."""
        rates, factor, progress = rate.tolist(), float(factor), float(progress)
        one = len(set(rates)) == 1
        for (constant, held), places in self.groups.items():
            scale = (1.0 if constant else factor) * (not any(progress < share for share in held))
            calls: list[tuple[float, list]] = [(r * scale, []) for r in rates]
            for i in places:
                p = self.parameters[i]
                if p.grad is None:
                    continue
                four = (p, p.grad, *self.moments[i])
                if one and p[0].numel() % LANES == 0:
                    calls[0][1].append(four)
                    continue
                for (_, mine), *slices in zip(calls, *(t.unbind(0) for t in four), strict=True):
                    mine.append(slices)
            for lr, mine in calls:
                self._call(mine, lr)
        self.count += 1

    def _call(self, four: list, lr: float) -> None:
        if not four:
            return
        counts = [self.count.clone() for _ in four]  # the kernel adds the step to each
        columns = [list(column) for column in zip(*four, strict=True)]
        adamw(*columns, [], counts, fused=True, amsgrad=False, beta1=BETAS[0], beta2=BETAS[1], lr=lr,
              weight_decay=self.weight_decay, eps=EPS, maximize=False)  # fmt: skip


def lars_gradient(weight: Tensor, gradient: Tensor, weight_decay: float) -> Tensor:
    """The decayed gradient of one layer at LARS's trust ratio, 1 where a norm is 0; weight, gradient: (runs, size)."""
    w, g = weight.norm(dim=1, keepdim=True), gradient.norm(dim=1, keepdim=True)
    ratio = torch.where((w > 0) & (g > 0), TRUST * w / (g + weight_decay * w + EPS), torch.ones_like(w))
    return (gradient + weight_decay * weight) * ratio


def _of_part(name: str, part: str) -> bool:
    """Whether a parameter belongs to a part of the networks, such as "predictor" or "encoders"."""
    return part in name.split(".")


def _is_weight(name: str) -> bool:
    return name.rpartition(".")[2] == "weight"


class _Plain:
    """The parameters of one run's own network: torch's fused optimiser, which passes once over the many weights."""

    def __init__(self, named: list[tuple[str, nn.Parameter]], run: int, recipe: OptimizerConfig, weight_decay: float):
        self.parameters, self.run, self.kind = [p for _, p in named], run, recipe.optimiser
        self.weight_decay = weight_decay
        self.rate = torch.zeros((), device=self.parameters[0].device)
        self.adapted = [p for p in self.parameters if p.ndim > 1]
        rest = [p for p in self.parameters if p.ndim <= 1]
        if self.kind == "adamw":
            graph = self.rate.device.type == "cuda"
            self.inner = torch.optim.AdamW(
                self.parameters, self.rate, BETAS, EPS, weight_decay=weight_decay, fused=True, capturable=graph
            )
        else:  # LARS decays its gradients itself, and only those of weights
            decay = weight_decay if self.kind == "sgd" else 0.0
            groups = [{"params": g, "weight_decay": decay} for g in (self.adapted, rest) if g]
            self.inner = torch.optim.SGD(groups, self.rate, MOMENTUM, fused=True)
        before = [p.grad for p in self.parameters]
        for p in self.parameters:
            p.grad = torch.zeros_like(p)
        self.inner.step()  # at rate 0: makes the state, changes nothing
        for p, grad in zip(self.parameters, before, strict=True):
            p.grad = grad
        for tensor in self.state().values():
            tensor.zero_()

    def state(self) -> dict[str, Tensor]:
        return {
            f"{i}.{k}": v
            for i, p in enumerate(self.parameters)
            for k, v in self.inner.state[p].items()
            if isinstance(v, Tensor)
        }

    def square_norm(self) -> Tensor:
        """Of the gradient."""
        return sum(p.grad.square().sum() for p in self.parameters if p.grad is not None)

    def step(self, rate: Tensor, factor: Tensor, shrink: Tensor | None) -> None:
        for p in self.parameters:
            if shrink is not None and p.grad is not None:
                p.grad.mul_(shrink[self.run])
        if self.kind == "lars":
            for p in self.adapted:
                if p.grad is not None:
                    p.grad.copy_(lars_gradient(p.view(1, -1), p.grad.view(1, -1), self.weight_decay).view_as(p))
        self.rate.copy_(rate[self.run] * factor)
        self.inner.step()


class StackedOptimiser:
    """A recipe's optimiser for all runs, each at its own rate.

    Every tensor keeps its place, so that a step can be captured in a CUDA graph. State is per run: a stacked run gets
    the same steps as alone, to the last bit.
    """

    def __init__(self, nets: nn.Module, recipe: OptimizerConfig, weight_decay: float):
        """weight_decay: the protocol's, which the recipe may replace."""
        self.clip = recipe.clip
        decay = weight_decay if recipe.weight_decay is None else recipe.weight_decay
        named = [(k, p) for k, p in nets.named_parameters() if p.requires_grad]
        stacked = [(k, p) for k, p in named if run_of(k) is None]
        here = bool(stacked) and recipe.optimiser == "adamw" and stacked[0][1].device.type == "cpu"
        self.fused = _Fused(stacked, recipe, decay) if here else None
        self.stacked = _Stacked(stacked, recipe, decay) if stacked and not here else None
        self.plain = [
            _Plain([(k, p) for k, p in named if run_of(k) == run], run, recipe, decay)
            for run in sorted({run_of(k) for k, _ in named} - {None})
        ]

    def state(self) -> dict[str, Tensor]:
        """Everything that a checkpoint needs; the tensors themselves."""
        groups = [g for g in (self.fused, self.stacked, *self.plain) if g]
        return {f"{i}.{k}": v for i, group in enumerate(groups) for k, v in group.state().items()}

    def reset(self) -> None:
        """As if no step had been done."""
        for tensor in self.state().values():
            tensor.zero_()

    @torch.no_grad()
    def step(self, rate: Tensor, factor: Tensor | float = 1.0, progress: Tensor | float = 0.0) -> None:
        """One step from the parameters' gradients.

        rate: (runs,) peak learning rates; factor: of the schedule; progress: share of the steps done.
        """
        slope = self.stacked.slope() if self.stacked else None
        shrink = None
        if self.clip:
            square = slope.square().sum(1) if slope is not None else torch.zeros_like(rate)
            if self.fused:
                square = square + self.fused.square_norm()
            if self.plain:
                square = square + torch.stack([group.square_norm() for group in self.plain])
            shrink = (self.clip / (square.sqrt() + 1e-6)).clamp_max(1)
            slope = slope * shrink[:, None] if slope is not None else None
            if self.fused:
                self.fused.shrink(shrink)
        if self.fused:
            self.fused.step(rate, factor, progress)
        if self.stacked:
            self.stacked.step(slope, rate, factor, progress)
        for group in self.plain:
            group.step(rate, factor, shrink)

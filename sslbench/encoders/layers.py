"""Layers with a leading axis of runs: (runs, batch, features) in and out; runs never mix."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from sslbench.draws import Draw


class StackedLinear(nn.Module):
    """One affine map per run. Weights uniform in +-sqrt(3 / in), biases 0 (variance-preserving for linear units)."""

    def __init__(self, draw: Draw, inputs: int, outputs: int, gain: float = 1.0):
        super().__init__()
        bound = gain * math.sqrt(3 / inputs)
        self.weight = nn.Parameter((draw.uniform((draw.runs, inputs, outputs)) * 2 - 1) * bound)
        self.bias = nn.Parameter(torch.zeros(draw.runs, 1, outputs, device=self.weight.device))

    def forward(self, x: Tensor) -> Tensor:
        return torch.baddbmm(self.bias, x, self.weight)


class StackedNorm(nn.Module):
    """Batch normalisation per run; running statistics (momentum 0.1) when evaluating.

    Source: Ioffe & Szegedy 2015, Alg. 1-2.

    Where `parts` views of a batch come one after another, each part has its own statistics, as if it had come alone.
    """

    def __init__(self, runs: int, features: int, device=None, eps: float = 1e-5):
        super().__init__()
        self.eps, self.momentum, self.parts = eps, 0.1, 1
        self.scale = nn.Parameter(torch.ones(runs, 1, features, device=device))
        self.shift = nn.Parameter(torch.zeros(runs, 1, features, device=device))
        self.register_buffer("mean", torch.zeros(runs, 1, features, device=device))
        self.register_buffer("variance", torch.ones(runs, 1, features, device=device))

    def forward(self, x: Tensor) -> Tensor:
        x = x.float()  # statistics of bfloat16 would be too coarse
        if not self.training:
            return (x - self.mean) * ((self.variance + self.eps).rsqrt() * self.scale) + self.shift
        runs, rows, features = x.shape
        batch = rows // self.parts
        apart = x.view(runs, self.parts, batch, features)
        out, mean, variance = _Normalise.apply(apart, self.scale[:, None], self.shift[:, None], self.eps)
        with torch.no_grad():
            for part in range(self.parts):
                self.mean.lerp_(mean[:, part], self.momentum)
                self.variance.lerp_(variance[:, part] * (batch / max(batch - 1, 1)), self.momentum)
        return out.view(runs, rows, features)


class _Normalise(torch.autograd.Function):
    """Standardise over the batch, scale and shift: (runs, parts, batch, features) -> the same, mean, variance.

    Written out as affine maps per feature, since the automatic gradient of these lines takes twice as many passes over
    memory.
    """

    @staticmethod
    def forward(ctx, x: Tensor, scale: Tensor, shift: Tensor, eps: float):
        mean = x.mean(2, keepdim=True)
        centred = x - mean
        variance = centred.square().mean(2, keepdim=True)
        root = (variance + eps).rsqrt()
        ctx.save_for_backward(centred, root, scale)
        ctx.mark_non_differentiable(mean, variance)
        return torch.addcmul(shift, centred, root * scale), mean, variance

    @staticmethod
    def backward(ctx, slope: Tensor, *_):
        centred, root, scale = ctx.saved_tensors
        rows = slope.shape[2]
        to_shift = slope.sum(2, keepdim=True)
        to_scale = (slope * centred).sum(2, keepdim=True) * root
        factor = root * scale
        through = torch.addcmul(to_shift * factor / -rows, slope, factor)
        through.addcmul_(centred, to_scale * root * factor / -rows)
        return through, to_scale.sum(1, keepdim=True), to_shift.sum(1, keepdim=True), None


class StackedMLP(nn.Module):
    """Linear, then (norm, ReLU, linear) for every further size.

    `sizes` runs from input to output; without `norm` the rows of a batch do not meet.
    """

    def __init__(self, draw: Draw, sizes: tuple[int, ...], norm: bool = True):
        super().__init__()
        self.layers = nn.ModuleList()
        for depth, (inputs, outputs) in enumerate(pairwise(sizes)):
            linear = StackedLinear(draw.of(f"layer {depth}"), inputs, outputs)
            self.layers.append(linear)
            if depth < len(sizes) - 2:
                if norm:
                    self.layers.append(StackedNorm(draw.runs, outputs, linear.weight.device))
                self.layers.append(nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


class StackedPrototypes(nn.Module):
    """Cosine of every row with each of `count` unit vectors of its run.

    (runs, batch, inputs) -> (runs, batch, count).
    """

    def __init__(self, draw: Draw, inputs: int, count: int):
        super().__init__()
        self.weight = nn.Parameter(normalize(draw.normal((draw.runs, inputs, count)), dim=1))

    def forward(self, x: Tensor) -> Tensor:
        return normalize(x, dim=-1) @ normalize(self.weight, dim=1)

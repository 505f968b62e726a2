"""Layers with a leading axis of runs: (runs, batch, features) in and out; runs never mix."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

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
    """Batch normalisation per run; running statistics (momentum 0.1) when evaluating. Source: Ioffe & Szegedy 2015,
    Alg. 1-2.
    """

    def __init__(self, runs: int, features: int, device=None, eps: float = 1e-5):
        super().__init__()
        self.eps, self.momentum = eps, 0.1
        self.scale = nn.Parameter(torch.ones(runs, 1, features, device=device))
        self.shift = nn.Parameter(torch.zeros(runs, 1, features, device=device))
        self.register_buffer("mean", torch.zeros(runs, 1, features, device=device))
        self.register_buffer("variance", torch.ones(runs, 1, features, device=device))

    def forward(self, x: Tensor) -> Tensor:
        x = x.float()  # statistics of bfloat16 would be too coarse
        if not self.training:
            return (x - self.mean) * ((self.variance + self.eps).rsqrt() * self.scale) + self.shift
        out, mean, variance = _Normalise.apply(x, self.scale, self.shift, self.eps)
        with torch.no_grad():
            self.mean.lerp_(mean, self.momentum)
            self.variance.lerp_(variance * (x.shape[1] / max(x.shape[1] - 1, 1)), self.momentum)
        return out


class _Normalise(torch.autograd.Function):
    """Standardise over the batch, scale and shift: (runs, batch, features) -> the same, batch mean, batch variance.

    Written out, since the automatic gradient of these few lines takes twice as many passes over memory.
    """

    @staticmethod
    def forward(ctx, x: Tensor, scale: Tensor, shift: Tensor, eps: float):
        mean = x.mean(1, keepdim=True)
        standard = x - mean
        variance = standard.square().mean(1, keepdim=True)
        root = (variance + eps).rsqrt()
        standard.mul_(root)
        ctx.save_for_backward(standard, root, scale)
        ctx.mark_non_differentiable(mean, variance)
        return torch.addcmul(shift, standard, scale), mean, variance

    @staticmethod
    def backward(ctx, slope: Tensor, *_):
        standard, root, scale = ctx.saved_tensors
        rows = slope.shape[1]
        to_shift = slope.sum(1, keepdim=True)
        to_scale = (slope * standard).sum(1, keepdim=True)
        through = torch.addcmul(slope - to_shift / rows, standard, to_scale, value=-1 / rows)
        return through.mul_(root * scale), to_scale, to_shift, None


class StackedMLP(nn.Module):
    """Linear, then (norm, ReLU, linear) for every further size. `sizes` runs from input to output."""

    def __init__(self, draw: Draw, sizes: tuple[int, ...]):
        super().__init__()
        self.layers = nn.ModuleList()
        for depth, (inputs, outputs) in enumerate(pairwise(sizes)):
            linear = StackedLinear(draw.of(f"layer {depth}"), inputs, outputs)
            self.layers.append(linear)
            if depth < len(sizes) - 2:
                self.layers.append(StackedNorm(draw.runs, outputs, linear.weight.device))
                self.layers.append(nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x

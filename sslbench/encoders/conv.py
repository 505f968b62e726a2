"""A small convolutional encoder; its runs stack as groups of channels."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm, conv2d

from sslbench.draws import Draw
from sslbench.encoders.layers import StackedLinear
from sslbench.errors import UsageError
from sslbench.registry import ENCODERS


class StackedConv(nn.Module):
    """3x3 convolution of stride 2, batch norm and ReLU, per run. Images come as (batch, runs x channels, h, w).

    Runs are groups of one convolution, and batch norm is per channel, so that runs never mix.
    """

    def __init__(self, draw: Draw, inputs: int, outputs: int, stride: int):
        super().__init__()
        bound = (6 / (inputs * 9)) ** 0.5  # He et al. 2015, uniform
        self.runs, self.stride = draw.runs, stride
        self.weight = nn.Parameter((draw.uniform((draw.runs, outputs, inputs, 3, 3)) * 2 - 1) * bound)
        device = self.weight.device
        self.scale = nn.Parameter(torch.ones(draw.runs, outputs, device=device))
        self.shift = nn.Parameter(torch.zeros(draw.runs, outputs, device=device))
        self.register_buffer("mean", torch.zeros(draw.runs, outputs, device=device))
        self.register_buffer("variance", torch.ones(draw.runs, outputs, device=device))
        self.momentum = 0.1

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        x = conv2d(x, weight, stride=self.stride, padding=1, groups=self.runs)
        flat = (t.flatten() for t in (self.mean, self.variance, self.scale, self.shift))
        return batch_norm(x, *flat, training=self.training, momentum=self.momentum).relu()


@ENCODERS.register("conv")
class SmallConv(nn.Module):
    """Three 3x3 convolutions, mean over places, linear to rep_dim.

    The convolutions have widths w, 2w, 4w and strides 1, 2, 2, with batch norm and ReLU.
    """

    stacks: ClassVar[bool] = True
    dense: ClassVar[bool] = False  # whether all its norms are StackedNorm, which keeps views apart

    def __init__(self, draw: Draw, shape: tuple[int, ...], rep_dim: int, width: int = 32):
        super().__init__()
        if len(shape) != 3:
            raise UsageError(
                f"encoder conv takes images (channels, height, width), got a stream of shape {shape}; use mlp"
            )
        self.rep_dim = rep_dim
        widths = (shape[0], width, 2 * width, 4 * width)
        self.layers = nn.ModuleList(
            StackedConv(draw.of(f"layer {i}"), widths[i], widths[i + 1], stride=1 if i == 0 else 2) for i in range(3)
        )
        self.out = StackedLinear(draw.of("out"), widths[-1], rep_dim)

    def forward(self, x: Tensor) -> Tensor:
        """(runs, batch, channels, height, width) -> (runs, batch, rep_dim)."""
        runs, batch, _, height, wide = x.shape
        h = x.transpose(0, 1).reshape(batch, -1, height, wide).contiguous(memory_format=torch.channels_last)
        for layer in self.layers:
            h = layer(h)
        return self.out(h.mean((2, 3)).view(batch, runs, -1).transpose(0, 1))

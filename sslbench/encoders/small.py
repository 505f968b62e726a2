"""Small encoders made of matrix products, for the core suite."""

from typing import ClassVar

from torch import Tensor, nn

from sslbench.draws import Draw
from sslbench.encoders.layers import StackedLinear, StackedMLP, StackedNorm
from sslbench.errors import UsageError
from sslbench.registry import ENCODERS


@ENCODERS.register("mlp")
class MLP(nn.Module):
    """Dense layers in-width-width-rep_dim with batch norm and ReLU between; images are flattened."""

    stacks: ClassVar[bool] = True
    dense: ClassVar[bool] = True  # whether all its norms are StackedNorm, which keeps views apart

    def __init__(self, draw: Draw, shape: tuple[int, ...], rep_dim: int, width: int = 128):
        super().__init__()
        inputs = 1
        for size in shape:
            inputs *= size
        self.rep_dim = rep_dim
        self.body = StackedMLP(draw, (inputs, width, width, rep_dim))

    def forward(self, x: Tensor) -> Tensor:
        """(runs, batch, *shape) -> (runs, batch, rep_dim)."""
        return self.body(x.flatten(2))


@ENCODERS.register("patch-mlp")
class PatchMLP(nn.Module):
    """A strided convolution (patch embedding), then dense layers.

    The dense layers are patches-width-rep_dim, with batch norm and ReLU between.
    """

    stacks: ClassVar[bool] = True
    dense: ClassVar[bool] = True  # whether all its norms are StackedNorm, which keeps views apart

    def __init__(
        self, draw: Draw, shape: tuple[int, ...], rep_dim: int, patch: int = 4, channels: int = 32, width: int = 128
    ):
        super().__init__()
        if len(shape) != 3:
            raise UsageError(
                f"encoder patch-mlp takes images (channels, height, width), got a stream of shape {shape}; use mlp"
            )
        depth, height, wide = shape
        if height % patch or wide % patch:
            raise UsageError(f"patch {patch} does not divide an image of {height}x{wide}; choose one that does")
        self.patch, self.rep_dim = patch, rep_dim
        places = (height // patch) * (wide // patch)
        self.embed = StackedLinear(draw.of("embed"), depth * patch * patch, channels)
        self.norm = StackedNorm(draw.runs, channels, self.embed.weight.device)
        self.body = StackedMLP(draw, (places * channels, width, rep_dim))

    def forward(self, x: Tensor) -> Tensor:
        """(runs, batch, channels, height, width) -> (runs, batch, rep_dim)."""
        runs, batch, depth, height, width = x.shape
        p = self.patch
        patches = x.reshape(runs, batch, depth, height // p, p, width // p, p).permute(0, 1, 3, 5, 2, 4, 6)
        patches = patches.reshape(runs, -1, depth * p * p)  # (runs, batch x places, pixels of a patch)
        h = self.norm(self.embed(patches)).relu()
        return self.body(h.reshape(runs, batch, -1))

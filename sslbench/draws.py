"""Random numbers as a function of a key: (run seed, purpose, step, index) -> number, in plain tensor arithmetic.

No state: a run draws the same numbers alone or stacked with others, in any order, on any device. The generator is a
counter-based hash: two rounds of the 32-bit integer mixer "lowbias32" (C. Wellons' hash prospector), keyed by two
words. Its uniformity and independence are tested in tests/test_draws.py.
"""

import math
import zlib
from collections.abc import Sequence

import torch
from torch import Tensor

GOLDEN = 0x9E3779B9 - 2**32  # odd constant: consecutive counters differ in many bits
MULTIPLIERS = (0x7FEB352D, 0x846CA68B - 2**32)


def mix(x: Tensor) -> Tensor:
    """The lowbias32 mixer on int32 words, elementwise; a bijection."""
    x = x ^ ((x >> 16) & 0xFFFF)
    x = x * MULTIPLIERS[0]
    x = x ^ ((x >> 15) & 0x1FFFF)
    x = x * MULTIPLIERS[1]
    return x ^ ((x >> 16) & 0xFFFF)


def word(purpose: str) -> int:
    """A purpose as a signed 32-bit word."""
    value = zlib.crc32(purpose.encode())
    return value - 2**32 if value >= 2**31 else value


def unit_interval(bits: Tensor) -> Tensor:
    """int32 words as float32 in (0, 1): 23 bits and a half, which float32 holds exactly; with 24 the last would
    round to 1.
    """
    return ((bits >> 9) & 0x7FFFFF).float().add_(0.5).mul_(2.0**-23)


class Draw:
    """Random tensors whose leading axis is a run. `at` and `of` give the draws of a step and of a purpose."""

    def __init__(self, seeds: Sequence[int], device: str | torch.device = "cpu"):
        first = torch.tensor([s % 2**31 for s in seeds], dtype=torch.int32, device=device)
        self._keys = (mix(first * GOLDEN + 1), mix(mix(first ^ 0x5BD1E995)))  # two words per run

    @property
    def runs(self) -> int:
        return len(self._keys[0])

    def of(self, purpose: str) -> "Draw":
        """The draws for a purpose ("crop", "noise", ...); different purposes are independent."""
        return self._child(word(purpose))

    def at(self, step: int) -> "Draw":
        """The draws of a step."""
        return self._child(int(step) * 2 + 1)

    def _child(self, label: int) -> "Draw":
        child = object.__new__(Draw)
        a, b = self._keys
        child._keys = (mix(a + label * 3), mix(mix(b ^ label) + a))
        return child

    def bits(self, shape: Sequence[int]) -> Tensor:
        """Random int32 words of shape (runs, ...)."""
        if shape[0] != self.runs:
            raise ValueError(f"the leading axis is a run: expected {self.runs}, got shape {tuple(shape)}")
        a, b = (k.view(-1, 1) for k in self._keys)
        counter = torch.arange(math.prod(shape[1:]), dtype=torch.int32, device=a.device)
        return mix(mix(counter * GOLDEN + a) ^ b).view(*shape)

    def uniform(self, shape: Sequence[int]) -> Tensor:
        """Uniform on the open interval (0, 1), float32, in steps of 2^-23."""
        return unit_interval(self.bits(shape))

    def normal(self, shape: Sequence[int]) -> Tensor:
        """Standard normal, float32, by the inverse distribution function (so at most 5.4 in size)."""
        return torch.erfinv(self.uniform(shape).mul_(2).sub_(1).clamp_(-1 + 1e-7, 1 - 1e-7)).mul_(math.sqrt(2))

    def integers(self, shape: Sequence[int], high: int | Tensor) -> Tensor:
        """Integers 0 <= i < high, int64; high at most 2^23, one for all or a tensor that broadcasts to the shape."""
        drawn = (self.uniform(shape) * high).long()
        return torch.minimum(
            drawn, torch.as_tensor(high, device=drawn.device).long() - 1
        )  # the product may round up to high

    def permutation(self, size: int) -> Tensor:
        """A random order of range(size) per run, (runs, size)."""
        return self.uniform((self.runs, size)).argsort(dim=-1, stable=True)

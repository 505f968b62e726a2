"""Random numbers as a function of a key: (run seed, purpose, step, index) -> number, in plain tensor arithmetic.

No state: a run draws the same numbers alone or stacked with others, in any order, on any device. The generator is a
counter-based hash: two rounds of the 32-bit integer mixer "lowbias32" (C. Wellons' hash prospector), keyed by two
words. Its uniformity and independence are tested in tests/test_draws.py.
"""

import math
import zlib
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

GOLDEN = 0x9E3779B9 - 2**32  # odd constant: consecutive counters differ in many bits
MULTIPLIERS = (0x7FEB352D, 0x846CA68B - 2**32)
WORD = 2**32 - 1
KEPT = 2**20


@lru_cache(maxsize=64)
def _constant(value: int, device: torch.device) -> Tensor:
    """A word as a tensor: an operation with a Python number would convert it anew each time. Never written to."""
    return torch.tensor(value, dtype=torch.int32, device=device)


def mix(x: Tensor) -> Tensor:
    """The lowbias32 mixer on int32 words, elementwise, in place; a bijection."""
    word = lambda value: _constant(value, x.device)  # noqa: E731
    for shift, mask, multiplier in ((16, 0xFFFF, MULTIPLIERS[0]), (15, 0x1FFFF, MULTIPLIERS[1]), (16, 0xFFFF, None)):
        # the mask makes the shift a logical one
        x.bitwise_xor_(x.bitwise_right_shift(word(shift)).bitwise_and_(word(mask)))
        if multiplier is not None:
            x.mul_(word(multiplier))
    return x


def mix_word(x: int) -> int:
    """The same mixer on one word, as a Python integer below 2^32: deriving keys costs no tensor operation."""
    x &= WORD
    x = (x ^ x >> 16) * MULTIPLIERS[0] & WORD
    x = (x ^ x >> 15) * MULTIPLIERS[1] & WORD
    return x ^ x >> 16


def _counter(size: int, device: torch.device) -> Tensor:
    """The counters of a draw, spread by an odd constant. Never written to; small ones are kept."""
    return (
        _kept_counter(size, device) if size <= KEPT else torch.arange(size, dtype=torch.int32, device=device) * GOLDEN
    )


@lru_cache(maxsize=64)
def _kept_counter(size: int, device: torch.device) -> Tensor:
    return torch.arange(size, dtype=torch.int32, device=device) * GOLDEN


def word(purpose: str) -> int:
    """A purpose as a signed 32-bit word."""
    return _signed(zlib.crc32(purpose.encode()))


def _signed(value: int) -> int:
    """A whole number as the signed 32-bit word with the same low bits."""
    return (value + 2**31) % 2**32 - 2**31


def unit_interval(bits: Tensor) -> Tensor:
    """int32 words as float32 in (0, 1).

    23 bits and a half, which float32 holds exactly; with 24 the last would round to 1.
    """
    return (bits >> 9).bitwise_and_(0x7FFFFF).float().add_(0.5).mul_(2.0**-23)


class Draw:
    """Random tensors whose leading axis is a run. `at` and `of` give the draws of a step and of a purpose.

    Keys are two words per run: Python integers, or tensors (runs,) from a step that is a tensor on.
    """

    def __init__(self, seeds: Sequence[int], device: str | torch.device = "cpu"):
        self.device = torch.device(device)
        first = [s % 2**31 for s in seeds]
        self._words = [(mix_word(s * GOLDEN + 1), mix_word(mix_word(s ^ 0x5BD1E995))) for s in first]
        self._keys: tuple[Tensor, Tensor] | None = None

    @property
    def runs(self) -> int:
        return len(self._words) if self._keys is None else len(self._keys[0])

    @property
    def keys(self) -> tuple[Tensor, Tensor]:
        """Both words of every run as int32 tensors (runs,), at a place that does not change."""
        if self._keys is None:
            signed = torch.tensor(self._words, dtype=torch.int64, device=self.device).to(torch.int32)
            self._keys = (signed[:, 0].clone(), signed[:, 1].clone())
        return self._keys

    def become(self, other: "Draw") -> None:
        """Draw from now on what `other` draws, with the keys at the same place in memory."""
        for mine, new in zip(self.keys, other.keys, strict=True):
            mine.copy_(new)
        self._words = other._words

    def of(self, purpose: str) -> "Draw":
        """The draws for a purpose ("crop", "noise", ...); different purposes are independent."""
        return self._child(word(purpose))

    def at(self, step: int | Tensor) -> "Draw":
        """The draws of a step.

        A step that is an int32 tensor on the device gives the same draws inside a captured graph.
        """
        if isinstance(step, Tensor):
            return self._child_on_device(step * 2 + 1)
        return self._child(int(step) * 2 + 1)

    def _child(self, label: int) -> "Draw":
        if self._words is None:
            return self._child_on_device(label)
        child = self._empty()
        child._words = [(mix_word(a + label * 3), mix_word(mix_word(b ^ label) + a)) for a, b in self._words]
        return child

    def _child_on_device(self, label: int | Tensor) -> "Draw":
        child = self._empty()
        a, b = self.keys
        triple = label * 3 if isinstance(label, Tensor) else _signed(label * 3)
        child._keys = (mix(a + triple), mix(mix(b ^ label) + a))
        return child

    def _empty(self) -> "Draw":
        child = object.__new__(Draw)
        child.device, child._words, child._keys = self.device, None, None
        return child

    def bits(self, shape: Sequence[int]) -> Tensor:
        """Random int32 words of shape (runs, ...)."""
        if shape[0] != self.runs:
            raise ValueError(f"the leading axis is a run: expected {self.runs}, got shape {tuple(shape)}")
        a, b = (k.view(-1, 1) for k in self.keys)
        return mix(mix(_counter(math.prod(shape[1:]), self.device) + a).bitwise_xor_(b)).view(*shape)

    def uniform(self, shape: Sequence[int]) -> Tensor:
        """Uniform on the open interval (0, 1), float32, in steps of 2^-23."""
        return unit_interval(self.bits(shape))

    def normal(self, shape: Sequence[int]) -> Tensor:
        """Standard normal, float32, by the inverse distribution function (so at most 5.4 in size)."""
        return torch.erfinv(self.uniform(shape).mul_(2).sub_(1).clamp_(-1 + 1e-7, 1 - 1e-7)).mul_(math.sqrt(2))

    def integers(self, shape: Sequence[int], high: int | Tensor) -> Tensor:
        """Integers 0 <= i < high, int64; high at most 2^23, one for all or a tensor that broadcasts to the shape."""
        drawn = (self.uniform(shape) * high).long()  # the product may round up to high
        return torch.minimum(drawn, high.long() - 1) if isinstance(high, Tensor) else drawn.clamp_max(high - 1)

    def permutation(self, size: int) -> Tensor:
        """A random order of range(size) per run, (runs, size)."""
        return self.uniform((self.runs, size)).argsort(dim=-1, stable=True)

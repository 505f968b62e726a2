"""Settings that differ from run to run, and the space a search draws them from."""

import math
from dataclasses import field, fields
from typing import Any

import torch
from torch import Tensor


def tunable(default: float, low: float, high: float) -> Any:
    """A setting that a search may draw, log-uniformly from [low, high]."""
    return field(default=default, metadata={"low": low, "high": high})


def space(method: Any) -> dict[str, tuple[float, float]]:
    """The settings space that a method declares: name -> (low, high), both drawn log-uniformly."""
    return {f.name: (f.metadata["low"], f.metadata["high"]) for f in fields(method) if "low" in f.metadata}


def log_uniform(low: float, high: float, u: float) -> float:
    """The u-quantile of the log-uniform law on [low, high], with 4 significant digits."""
    return float(f"{math.exp(math.log(low) + u * (math.log(high) - math.log(low))):.4g}")


class PerRun:
    """One number per run that behaves like a number: with a tensor (runs, ...) it meets the leading axis.

    So a loss that was written for one temperature serves many at once, unchanged: `logits / self.temperature`.
    """

    def __init__(self, values: Tensor):
        self.values = values

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        ndim = max([a.ndim for a in (*args, *kwargs.values()) if isinstance(a, Tensor)], default=1)
        fit = lambda a: a.values.view(-1, *[1] * (ndim - 1)) if isinstance(a, PerRun) else a  # noqa: E731
        return function(*map(fit, args), **{k: fit(v) for k, v in kwargs.items()})

    def _with(self, function, a, b):
        if isinstance(a, Tensor) or isinstance(b, Tensor):
            return self.__torch_function__(function, (), (a, b))
        number = lambda v: v.values if isinstance(v, PerRun) else v  # noqa: E731
        return PerRun(function(*map(torch.as_tensor, (number(a), number(b)))))

    def __add__(self, other):
        return self._with(torch.add, self, other)

    def __sub__(self, other):
        return self._with(torch.sub, self, other)

    def __rsub__(self, other):
        return self._with(torch.sub, other, self)

    def __mul__(self, other):
        return self._with(torch.mul, self, other)

    def __truediv__(self, other):
        return self._with(torch.div, self, other)

    def __rtruediv__(self, other):
        return self._with(torch.div, other, self)

    def __neg__(self):
        return PerRun(-self.values)

    __radd__, __rmul__ = __add__, __mul__

    def __bool__(self):
        raise TypeError("a setting that differs between runs has no single truth value")

    def __float__(self):
        raise TypeError("a setting that differs between runs is not one number")

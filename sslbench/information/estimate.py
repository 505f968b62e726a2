"""What every estimator returns."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A number that says how sure it is.

    `low` and `high` are a 95 % interval; `flags` name what limits its meaning.
    """

    value: float
    low: float
    high: float
    unit: str
    n: int
    estimator: str
    flags: tuple[str, ...] = ()

    def __str__(self) -> str:
        flags = f" ({', '.join(self.flags)})" if self.flags else ""
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}] {self.unit}, n = {self.n}, {self.estimator}{flags}"

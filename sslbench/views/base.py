"""What a view generator is."""

from dataclasses import dataclass, fields
from typing import ClassVar

from torch import Tensor

from sslbench.draws import Draw
from sslbench.errors import UsageError


@dataclass(frozen=True)
class View:
    """A random corruption of a batch.

    Pixels in [0, 1] (runs, batch, c, h, w), or source columns (runs, batch, columns).
    """

    strength: float = 1.0

    name: ClassVar[str] = ""
    kind: ClassVar[str] = ""  # the kind of stream it takes: image, columns, or pairs
    numbers: ClassVar[bool] = False  # whether its columns must all be numbers
    grid: ClassVar[tuple[float, ...]] = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)  # strengths that a sweep looks at

    @classmethod
    def build(cls, strength: float, options: dict) -> "View":
        """The generator of a task card; raises UsageError for an option it does not have."""
        known = [f.name for f in fields(cls) if f.name != "strength"]
        if unknown := set(options) - set(known):
            raise UsageError(
                f"view {cls.name!r} has no option {', '.join(sorted(unknown))}; it has {', '.join(known) or 'none'}"
            )
        return cls(strength=strength, **options)

    def __call__(self, batch: Tensor, draw: Draw, pool: Tensor) -> Tensor:
        """One view of the batch, same shape. `pool` holds each run's train rows, (runs, rows, ...)."""
        raise NotImplementedError

    def pair(self, batch: Tensor, draw: Draw, pool: Tensor) -> tuple[Tensor, Tensor]:
        """Two views of the batch, drawn independently and alike."""
        return self(batch, draw.of("view 1"), pool), self(batch, draw.of("view 2"), pool)

    def further(self, batch: Tensor, draw: Draw, pool: Tensor) -> Tensor:
        """A view beyond the first two, for methods that take more: like them, unless the recipe has it otherwise."""
        return self(batch, draw, pool)

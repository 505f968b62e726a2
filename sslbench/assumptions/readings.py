"""What several assumptions read alike: the conditional readings of a target, both ways, made once."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from sslbench.assumptions.base import ViewData
from sslbench.information.conditional import Reading, read
from sslbench.information.prepared import Prepared, prepare

WIDEST = 1024  # dropped columns of all given views together that are read as lines and as products


@dataclass
class Readings:
    """Readings of one target on the views of a task, made when first asked for."""

    views: ViewData
    target: str
    network: bool = True
    seed: int = 0
    _made: dict = field(default_factory=dict)

    @property
    def y(self) -> np.ndarray:
        return self.views.targets[self.target]

    def once(self, key: tuple, make: Callable):
        """What `make` gives, made when first asked for."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def prepared(self, first: str, second: str) -> Prepared:
        """The views called `first` and, given, `second`, ready to be read; names as in `ViewData.named`."""
        x, given = self.views.named(first), self.views.named(second)
        pairs = self.views.unlabelled if {first, second} == {"x1", "x2"} else None
        if self.views.pairs is not None and first == "x2" and pairs:  # further views are alike, given pairs are not
            pairs = pairs[::-1]
        dropped = self.views.dropped_of(second, WIDEST)
        make = lambda: prepare(x, given, self.y, self.views.groups, pairs, self.network, self.seed, dropped)  # noqa: E731
        return self.once(("prepared", first, second), make)

    def read(self, first: str, second: str) -> Reading:
        """The reading of I(Y; first | second)."""
        return self.once(("read", first, second), lambda: read(self.prepared(first, second)))

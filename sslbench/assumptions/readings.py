"""What several assumptions read alike: the conditional readings of a target, both ways, made once."""

from dataclasses import dataclass, field

import numpy as np

from sslbench.assumptions.base import Views
from sslbench.information.conditional import Prepared, Reading, prepare, read


@dataclass
class Readings:
    """Readings of one target on one pair of views, made when first asked for."""

    views: Views
    target: str
    network: bool = True
    seed: int = 0
    _made: dict = field(default_factory=dict)

    @property
    def y(self) -> np.ndarray:
        return self.views.targets[self.target]

    def prepared(self, first: str, second: str) -> Prepared:
        """The views called `first` ("x1", "x2" or "original") and, given, `second`, ready to be read."""
        key = ("prepared", first, second)
        if key not in self._made:
            x, given = getattr(self.views, first), getattr(self.views, second)
            pairs = self.views.unlabelled if {first, second} == {"x1", "x2"} else None
            self._made[key] = prepare(x, given, self.y, self.views.groups, pairs, self.network, self.seed)
        return self._made[key]

    def read(self, first: str, second: str) -> Reading:
        """The reading of I(Y; first | second)."""
        key = ("read", first, second)
        if key not in self._made:
            self._made[key] = read(self.prepared(first, second))
        return self._made[key]

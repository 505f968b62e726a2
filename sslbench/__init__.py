"""sslbench: which self-supervised method should I use, and what do I assume when I use it?

import sslbench
sslbench.methods(); sslbench.tasks(suite="core"); sslbench.suites()     # frames of what there is
sslbench.run(methods=["vicreg"], tasks=["digits"], seeds=3, results="out")   # frame of scores; resumes
sslbench.encode(method="vicreg", task="digits", fold=0)                 # representation per split, from the stored run
sslbench.information.conditional(y, x1, given=x2)                       # I(Y; X1 | X2) with its interval
sslbench.METHODS.get("vicreg")().loss(z1, z2)                           # (runs, batch, dim) -> (runs,)
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["METHODS", "assess", "assumptions", "encode", "information", "methods", "run", "suites", "sweep", "tasks"]

_MODULES = ("assumptions", "information", "methods", "tasks")  # all but information can also be called: they list
_API = ("assess", "encode", "run", "suites", "sweep")

if TYPE_CHECKING:
    from sslbench.api import assess, encode, run, suites, sweep
    from sslbench.registry import METHODS


def __getattr__(name: str) -> Any:
    """Load a part when it is first used, so that `import sslbench` is instant."""
    if name in _MODULES:
        return importlib.import_module(f"sslbench.{name}")
    if name in _API:
        return getattr(importlib.import_module("sslbench.api"), name)
    if name == "METHODS":
        return importlib.import_module("sslbench.registry").METHODS
    raise AttributeError(f"module 'sslbench' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return __all__

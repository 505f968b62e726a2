"""What a result depends on, as hashes: change any of it and the run is done again; `sslbench why` says which part
differs.
"""

import ast
import functools
import hashlib
import inspect
import json
import sys

from sslbench.config import PROTOCOL_VERSION, Protocol, as_dict
from sslbench.data.dataset import Dataset
from sslbench.methods.base import Method
from sslbench.records import Identity
from sslbench.registry import ASSUMPTIONS, METHODS, THRESHOLDS
from sslbench.tasks import Task


def digest(*parts) -> str:
    """16 hex digits of the hash of JSON-able parts."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


@functools.cache
def _source(module: str) -> str:
    return inspect.getsource(sys.modules[module])


SCIENCE = (
    "sslbench.methods",
    "sslbench.information",
    "sslbench.assumptions",
    "sslbench.metrics",
)  # whose files a result may be made of
WORDS = ("sslbench.assumptions.base", "sslbench.assumptions.cases")  # containers and cards only


@functools.cache
def _uses(module: str) -> frozenset[str]:
    """The files of SCIENCE that a module imports, and what these import."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(_source(module))):
        names = [node.module] if isinstance(node, ast.ImportFrom) else []
        names += [a.name for a in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            if name and name.startswith(SCIENCE) and name in sys.modules and name not in (*SCIENCE, *WORDS, module):
                found |= {name} | _uses(name)
    return frozenset(found)


def method_digest(method: Method) -> str:
    """Hash of a method's settings and of the files that define it, its bases and what they import of methods/ and
    information/.
    """
    own = {c.__module__ for c in type(method).__mro__ if c.__module__ not in ("builtins", "types")}
    modules = sorted(own | {used for m in own for used in _uses(m)})
    # a file of a user's has another module name on every machine; what it says is what counts
    return digest(method.name, method.settings(), [_source(m) for m in modules])


def assumption_digest(name: str) -> str:
    """Hash of the files that define an assumption's test, and of what they import of information/ and assumptions/; of
    a judged metric, of those that take it in metrics/.
    """
    modules = {(THRESHOLDS if name in THRESHOLDS else ASSUMPTIONS).get(name).__module__}
    return digest([_source(m) for m in sorted(modules | {used for m in modules for used in _uses(m)})])


def task_digest(task: Task) -> str:
    """Hash of what a card says about the numbers: not of its prose."""
    return digest(task.model_dump(mode="json", exclude={"title", "description", "licence", "citation", "truth"}))


def run_identity(method: Method, dataset: Dataset, seed: int, protocol: Protocol, tune: int = 0) -> Identity:
    """The identity of one run; of a tuned one by how many settings it is chosen from."""
    parts = {
        "method": method_digest(method),
        "task": task_digest(dataset.task),
        "data": dataset.digest,
        "split": dataset.split_digest(seed),
        "protocol": digest(PROTOCOL_VERSION, as_dict(protocol)),
    }
    return Identity(digest=digest(parts, seed, *([tune] if tune else [])), **parts)


def assumption_identity(assumption: str, dataset: Dataset, target: str, protocol: Protocol) -> Identity:
    """The identity of one verdict: its estimator's code takes the place of a method, and with images the code of the
    method whose encoder is a feature map.
    """
    encoder = [method_digest(METHODS.get("simclr").build())] if "image" in dataset.kinds else []
    parts = {
        "task": task_digest(dataset.task),
        "data": dataset.digest,
        "split": "all rows",
        "protocol": digest(PROTOCOL_VERSION, as_dict(protocol)),
        "estimator": digest(assumption_digest(assumption), _source("sslbench.assumptions.suite"), *encoder),
    }
    return Identity(digest=digest(parts, assumption, target), **parts)

"""Identity: what a stored number depended on, in declared versions and digests. No torch, no source code.

Change any part and the run is made again; `sslbench why` says which part differs.
"""

import ast
import hashlib
import json

from sslbench.config import PROTOCOL_VERSION, Protocol, as_dict
from sslbench.strict import StrictModel
from sslbench.tasks import Task


class Identity(StrictModel):
    """What the run depended on. `digest` is the hash of all of it; `sslbench why` compares the parts."""

    digest: str
    method: str = ""  # name, version, and a digest of its settings
    task: str  # digest of the card, without its prose
    data: str
    split: str
    protocol: str
    code: str = ""  # versions of everything else that makes the numbers, in words
    estimator: str = ""  # of a verdict: name and version of the assumption, versions of the estimators


def digest(*parts) -> str:
    """16 hex digits of the hash of JSON-able parts."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


PROSE = ("title", "description", "licence", "licence_source", "caveats", "citation", "truth")  # moves no number


def task_digest(task: Task) -> str:
    """Hash of what a card says about the numbers of a run: not of its prose, nor of how many runs there are."""
    apart = dict.fromkeys(PROSE, True) | {"budget": {"inits"}}
    return digest(task.model_dump(mode="json", exclude=apart))


def protocol_digest(protocol: Protocol) -> str:
    """Hash of a protocol and of the version of what its numbers mean."""
    return digest(PROTOCOL_VERSION, as_dict(protocol))


def versions_in_words(versions: dict[str, int | str]) -> str:
    """{"training": 1, "mlp": 2} -> "training 1, mlp 2"."""
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def method_part(name: str, version: int | str, settings: dict) -> str:
    """A method in an identity: its name without the settings in brackets, its version, a digest of all settings."""
    return f"{name.partition('(')[0]} {version} {digest(settings)[:8]}"


def code_digest(source: str) -> str:
    """8 hex digits of what a file of Python does: comments, docstrings and layout do not count.

    It stands for the version of a method that comes from a person's own file, where no golden values watch over it.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            first = body[0].value
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                node.body = body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:8]

"""The identity of a run and of a verdict, from the versions that the registered parts declare."""

import inspect
from pathlib import Path

from sslbench import versions
from sslbench.config import Protocol, Run
from sslbench.data.dataset import Dataset
from sslbench.methods.base import DirectClassifier, Method, Pretrained
from sslbench.records.identity import (
    Identity,
    code_digest,
    digest,
    method_part,
    protocol_digest,
    task_digest,
    versions_in_words,
)
from sslbench.registry import ASSUMPTIONS, ENCODERS, PROBES, VIEWS


def method_version(method: Method) -> int | str:
    """The method's declared version; of one from a person's own file also a digest of what the file does."""
    if not method.origin:
        return method.version
    file = inspect.getsourcefile(type(method)) or method.origin.rpartition(":")[0]
    return f"{method.version}.{code_digest(Path(file).read_text(encoding='utf-8'))}"


def code_versions(method: Method, dataset: Dataset, probes: list[str]) -> dict[str, int | str]:
    """The versions of what makes a run's numbers besides its method."""
    out: dict[str, int | str] = {"evaluation": versions.EVALUATION}
    if isinstance(method, DirectClassifier):
        return out
    encoder, view = dataset.task.encoder.name, dataset.task.views.generator
    own = method.own_view() if isinstance(method, Pretrained) else None
    out |= {"training": versions.TRAINING, "metrics": versions.METRICS, "estimators": versions.ESTIMATORS}
    out |= {encoder: ENCODERS.get(encoder).version, view: VIEWS.get(view).version}
    out |= {own[0]: VIEWS.get(own[0]).version} if own else {}
    return out | {p: PROBES.get(p).version for p in probes}


def run_identity(method: Method, dataset: Dataset, run: Run, protocol: Protocol, tune: int = 0) -> Identity:
    """The identity of one run; of a tuned one by how many settings it is chosen from."""
    parts = {
        "method": method_part(method.name, method_version(method), method.settings()),
        "task": task_digest(dataset.task),
        "data": dataset.digest,
        "split": dataset.split_digest(run.fold),
        "protocol": protocol_digest(protocol),
        "code": versions_in_words(code_versions(method, dataset, list(protocol.probes))),
    }
    return Identity(digest=digest(parts, run.init, *([tune] if tune else [])), **parts)


def assumption_identity(assumption: str, dataset: Dataset, target: str, protocol: Protocol) -> Identity:
    """The identity of one verdict: its estimator takes the place of a method."""
    code = {"feature maps": versions.FEATURE_MAPS, "verdicts": versions.VERDICTS}
    code |= {dataset.task.views.generator: VIEWS.get(dataset.task.views.generator).version}
    parts = {
        "task": task_digest(dataset.task),
        "data": dataset.digest,
        "split": "all rows",
        "protocol": protocol_digest(protocol),
        "code": versions_in_words(code),
        "estimator": f"{assumption} {ASSUMPTIONS.get(assumption).version}, estimators {versions.ESTIMATORS}",
    }
    return Identity(digest=digest(parts, assumption, target), **parts)

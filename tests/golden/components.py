"""A few numbers that every component makes from fixed inputs, and the version that it declares.

`python tests/golden/components.py` writes values.json anew. It refuses a component whose numbers moved while its
version did not: raise the version first (a class's `version`, or sslbench/versions.py), so that stored runs which used
the component are made again.
"""

import functools
import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from sslbench import information, versions
from sslbench.assumptions.base import ViewData
from sslbench.assumptions.readings import Readings
from sslbench.assumptions.suite import test_views
from sslbench.config import QUICK, STANDARD, Run
from sslbench.data.dataset import load_dataset
from sslbench.data.splits import Split
from sslbench.data.worlds.factors import factor_world
from sslbench.data.worlds.gates import GATES, draw_gate
from sslbench.data.worlds.skins import as_vectors
from sslbench.diagnosis.task_views import task_views
from sslbench.draws import Draw
from sslbench.evaluation.score import score_representation
from sslbench.information.gaussianity import rejection_rate
from sslbench.information.geometry import alignment, uniformity
from sslbench.information.independence import test_independence
from sslbench.methods.base import DirectClassifier
from sslbench.probes.base import probe_named
from sslbench.registry import ASSUMPTIONS, ENCODERS, METHODS, PROBES, VIEWS
from sslbench.submissions.contract import tasks_of
from sslbench.tasks import find_task
from sslbench.training.represent import represent

FILE = Path(__file__).with_name("values.json")
CLOSE = 2e-3  # relative, of values from three training steps in float32 on another processor; others lie far closer
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Component:
    """What is watched: the version it declares, and how its golden values are made."""

    version: int
    make: Callable[[], list[float]]


def summary(x) -> list[float]:
    """Mean, spread and one fixed projection of an array: three numbers that an edit hardly leaves all alone."""
    x = np.nan_to_num(np.asarray(torch.as_tensor(x).double()).ravel(), nan=-9.0)  # a gap counts
    return [float(x.mean()), float(x.std()), float((x * np.cos(np.arange(len(x)))).mean())]


@functools.cache
def small(task: str):
    """A task's data with 96 train rows and a budget of 3 steps."""
    found = load_dataset(find_task(task))
    split = found.split(0)
    few = (Split(split.train[:96], split.val[:48], split.test[:48]),)
    budget = found.task.budget.model_copy(update={"steps": 3, "batch": 32})
    return replace(found, splits=few, task=found.task.model_copy(update={"budget": budget}))


def of_method(name: str) -> list[float]:
    """Losses of three steps and the representation, on the first task of the contract that the method applies to."""
    method = METHODS.get(name).build()
    data = small(tasks_of(method)[0])
    if isinstance(method, DirectClassifier):
        x, y, s = data.streams[0].values.numpy(), next(iter(data.targets.values())), data.split(0)
        categories = np.array(data.streams[0].columns.sizes) > 0
        return summary(method.predict((x[s.train], y[s.train]), (x[s.val], y[s.val]), x[s.test], categories, 0))
    made = represent(method, data, (Run(0, 0),), STANDARD, CPU)
    losses = [loss for _, loss in made.trace[0]] if made.trace else []
    return losses + [v for h in made.h.values() for v in summary(h)]


def of_view(name: str) -> list[float]:
    """Two views of a fixed batch."""
    view, g = VIEWS.get(name).build(1.0, {}), torch.Generator().manual_seed(0)
    if view.kind == "image":
        batch = torch.rand(2, 8, 3, 32, 32, generator=g)
    else:
        batch = torch.randn(2, 32, 5, generator=g)
    return [v for x in view.pair(batch, Draw((0, 1)), batch) for v in summary(x)]


def of_encoder(name: str) -> list[float]:
    """A fixed batch through the untrained encoder."""
    g = torch.Generator().manual_seed(0)
    cls = ENCODERS.get(name)
    encoder = cls(Draw([0]), (3, 32, 32), getattr(cls, "width", 16)).eval()
    with torch.no_grad():
        return summary(encoder(torch.randn(1, 4, 3, 32, 32, generator=g)))


def of_probe(name: str) -> list[float]:
    """Its scores of the untrained encoder of a pair or a table, or of a hardly trained one that it trains further."""
    out, protocol = [], replace(STANDARD, probes=(name,))
    method = "simclr" if probe_named(name).card.needs == "encoder" else "random-encoder"
    for task in ("breast-cancer-views", "wine"):
        data = small(task)
        done = represent(METHODS.get(method).build(), data, (Run(0, 0),), protocol, CPU)
        h, encoder = {k: x[0] for k, x in done.h.items()}, done.encoders[0] if done.encoders else None
        out += [s.value for s in score_representation(data, data.split(0), h, protocol, encoder=encoder)[0]]
    return out


def _views():
    """Two views of two kinds: a gate lifted to vectors, and corruptions of one item."""
    rng = np.random.default_rng(1)
    first, second, y = draw_gate(GATES["switch"](mix=0.25), 400, rng)
    gate = {"x1": as_vectors(first, 3, rng), "x2": as_vectors(second, 3, rng), "y": y}
    draw, _ = factor_world("corrupted", (("flip", 0.25),))
    s = draw(rng, 400, 3)
    return gate, {"x1": s.x1, "x2": s.x2, "y": s.y, "original": s.original}


def view_data(original: bool):
    """What assumptions are tested on."""
    made = _views()[original]
    return ViewData((made["x1"], made["x2"]), {"y": made["y"]}, original=made.get("original"))


def of_assumption(name: str) -> list[float]:
    """Value and interval where it applies."""
    for original in (False, True):
        v = ASSUMPTIONS.get(name)().test(Readings(view_data(original), "y", network=False))
        if v.value is not None:
            return [float(x) for x in (v.value, v.low, v.high, v.tolerance)]
    raise AssertionError(f"{name} applies to neither world")


def of_training() -> list[float]:
    """Draws, and three steps of each optimiser, stacked."""
    draw = Draw((0, 5)).of("golden")
    out = [*summary(draw.uniform((2, 50))), *summary(draw.normal((2, 50))), *summary(draw.permutation(50))]
    for name in ("vicreg", "byol", "sigreg"):
        made = represent(METHODS.get(name).build(), small("wine"), (Run(0, 0), Run(0, 3)), STANDARD, CPU)
        out += [loss for run in made.trace for _, loss in run] + [v for h in made.h.values() for v in summary(h)]
    return out


def of_metrics() -> list[float]:
    """Every metric of an untrained encoder of a table."""
    from sslbench.evaluation.measure import measure_run

    data = small("wine")
    made = represent(METHODS.get("random-encoder").build(), data, (Run(0, 0),), STANDARD, CPU, measure=True)
    h = {k: x[0] for k, x in made.h.items()}
    found, targets = measure_run(data, data.split(0), h, *made.seen_of(0), dict.fromkeys(data.targets, 0.5))
    return [found[k] for k in sorted(found)] + [t[k] for t in targets.values() for k in sorted(t)]


def of_estimators() -> list[float]:
    """One number of every estimator."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    z = 0.7 * x + rng.normal(size=(400, 3))
    y = (x[:, 0] + 0.5 * rng.normal(size=400) > 0).astype(int)
    both = [information.mutual(x, y), information.conditional(y, x, given=z), *information.ladder(x, z).values()]
    out = [v for e in both for v in (e.value, e.low, e.high) if not math.isnan(v)]
    t = torch.as_tensor(x)[None]
    out += [float(information.entropy(x, kind=k)) for k in ("logdet", "pairwise-upper")]
    out += [float(rejection_rate(t.mT.flatten(0, 1))), float(uniformity(t)[0]), float(alignment(t, t * 1.1)[0])]
    found = test_independence(x, z, y, None, 99, 0)
    p = np.array([[[0.4, 0.1], [0.0, 0.1]], [[0.1, 0.1], [0.0, 0.2]]])
    d = information.decompose(p)
    return [*out, found.value, found.p, d.redundant, d.unique_1, d.unique_2, d.synergy]


def of_feature_maps() -> list[float]:
    """What assumption tests read of a table and of images."""
    out = []
    for task, maps in (("wine", 1), ("digits", 2)):
        protocol = replace(QUICK, assumption_rows=200, assumption_maps=maps)
        out += [v for found in task_views(small(task), protocol)[0] for x in (found.x1, found.x2) for v in summary(x)]
    return out


def of_verdicts() -> list[float]:
    """How many verdicts there are of each kind on a world, read in two maps."""
    kinds = ("holds", "violated", "undecided", "not applicable")
    maps = [view_data(False), replace(view_data(False), map="again")]
    found = test_views(maps, ["redundancy-1", "redundancy-2"], network=False)
    return [float(sum(v.verdict == k for v in found)) for k in kinds] + [v.value for v in found]


def components() -> dict[str, Component]:
    """Every component that is watched, by name."""
    registries = {"method": (METHODS, of_method), "view": (VIEWS, of_view), "encoder": (ENCODERS, of_encoder)}
    registries |= {"probe": (PROBES, of_probe), "assumption": (ASSUMPTIONS, of_assumption)}
    out = {}
    for kind, (registry, make) in registries.items():
        for name in registry.names():
            entry = registry.get(name)
            if kind == "assumption" and entry.card.scope != "task":
                continue
            if not getattr(entry, "origin", ""):
                out[f"{kind} {name}"] = Component(entry.version, functools.partial(make, name))
    rooms = {"training": (versions.TRAINING, of_training), "metrics": (versions.METRICS, of_metrics)}
    rooms |= {"estimators": (versions.ESTIMATORS, of_estimators), "verdicts": (versions.VERDICTS, of_verdicts)}
    rooms |= {"feature maps": (versions.FEATURE_MAPS, of_feature_maps)}
    return out | {name: Component(*pair) for name, pair in rooms.items()}


def moved(before: list[float], now: list[float]) -> bool:
    """Whether values are others, by more than processors differ."""
    size = max((abs(v) for v in before), default=1.0)
    return len(before) != len(now) or not np.allclose(now, before, rtol=CLOSE, atol=CLOSE * 0.05 * size)


def complaint(name: str, stored: dict, component: Component, now: list[float]) -> str:
    """What is wrong with a component against its stored golden values; "" if nothing is."""
    how = "python tests/golden/components.py"
    if name not in stored:
        return f"{name} has no golden values yet; make them with: {how}"
    if stored[name]["version"] != component.version:
        return f"{name} has version {component.version}, its golden values are of {stored[name]['version']}: {how}"
    if moved(stored[name]["values"], now):
        return f"{name} makes other numbers than version {component.version} did: raise its version, then {how}"
    return ""


def update(only: list[str]) -> int:
    """Write values.json anew; refuse numbers that moved under the same version. Returns the exit code."""
    stored = json.loads(FILE.read_text()) if FILE.is_file() else {}
    found, refused = {}, []
    for name, component in components().items():
        if only and name not in only:
            found[name] = stored[name]
            continue
        values = [float(f"{v:.7g}") for v in component.make()]
        old = stored.get(name)
        if old and old["version"] == component.version:
            refused += [complaint(name, stored, component, values)] if moved(old["values"], values) else []
            found[name] = old
        else:
            found[name] = {"version": component.version, "values": values}
    if any(refused):
        print("\n".join(filter(None, refused)), file=sys.stderr)
        return 1
    lines = [f" {json.dumps(k)}: {json.dumps(found[k])}" for k in sorted(found)]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    return 0


def check(only: list[str]) -> int:
    """Print what is wrong, a line each; of the components named, or of all. Returns how many there are."""
    stored = json.loads(FILE.read_text())
    found = {n: c for n, c in components().items() if not only or n in only}
    wrong = list(filter(None, (complaint(n, stored, c, c.make()) for n, c in found.items())))
    print("\n".join(wrong))
    return len(wrong)


if __name__ == "__main__":
    torch.set_num_threads(1)
    if sys.argv[1:2] == ["--check"]:
        sys.exit(check(sys.argv[2:]) > 0)
    sys.exit(update(sys.argv[1:]))

"""Calibration: verdicts on worlds whose truth is known, again and again. Where is a verdict wrong, and how often?"""

import functools
import math
import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sslbench.calibration.cases import CASES, CODE, Case
from sslbench.calibration.synthetic import ALLOWED, CODES
from sslbench.errors import UsageError
from sslbench.metrics.protocol import ROWS
from sslbench.records.trials import Trial, append_trials, read_trials
from sslbench.stats import judge, mean_interval

LN2 = math.log(2)
SIZES = tuple((n, d) for n in (1000, 5000, 20000) for d in (10, 50, 256))
SEEDS = 3  # samples of a code that a verdict is made of, as of a method's seeds


@dataclass(frozen=True)
class Job:
    """A trial to be made. All assumptions of one data set are read together, so that they share their readings."""

    case: Case
    assumptions: tuple[str, ...]
    n: int
    dim: int
    repetition: int


@functools.cache
def estimator_code(assumption: str) -> str:
    """8 hex digits of the source of an assumption's test."""
    from sslbench.diagnosis.identity import assumption_digest

    return assumption_digest(assumption)[:8]


def _views(job: Job):
    """The case's views, and its truth in nats."""
    from sslbench.assumptions.base import Views
    from sslbench.data.worlds.factors import FACTORS, factor_world
    from sslbench.data.worlds.gates import GATES as KNOWN
    from sslbench.data.worlds.gates import draw_gate
    from sslbench.data.worlds.skins import as_vectors
    from sslbench.information.pid import decompose
    from sslbench.registry import SOURCES
    from sslbench.tasks import Source

    rng = np.random.default_rng([job.repetition, job.n, job.dim])
    options = dict(job.case.options)
    if job.case.source == "blocks":
        return _blocks(rng, job.n, job.dim, **options)
    if job.case.source in FACTORS:
        draw, truth = factor_world(job.case.source, job.case.options)
        s = draw(rng, job.n, job.dim)
        return Views(s.x1, s.x2, {"label": s.y}, original=s.original), truth
    if job.case.source in KNOWN:
        gate = KNOWN[job.case.source](**options)
        first, second, y = draw_gate(gate, job.n, rng)
        truth = gate.truth | {"interaction": decompose(gate.joint).synergy}
        truth["non-shared-relevance"] = (
            max(truth["redundancy-1"], truth["redundancy-2"]) / truth["information"] / LN2
        )  # a share: no unit
        return Views(as_vectors(first, job.dim, rng), as_vectors(second, job.dim, rng), {"label": y}), truth
    options |= {"rows": job.n, "seed": job.repetition}
    raw = SOURCES.get("world")(Source(kind="world", name=job.case.source, options=options))
    one, two = (s.values.flatten(1).double().numpy() for s in raw.streams)
    return Views(one, two, dict(raw.targets), raw.groups), raw.truth["label"]


def _blocks(rng: np.random.Generator, n: int, dim: int, distance: float):
    """Views, four of each item, of two classes of items `distance` apart; and the share of views whose nearest view of
    another item has another class: none where the classes lie apart, half where they lie alike.
    """
    from sslbench.assumptions.base import Views

    y = rng.integers(2, size=n)
    items = rng.normal(size=(n, dim))
    items[:, 0] += distance * y
    views = items + 0.3 * rng.normal(size=(4, n, dim))
    truth = {"augmentation-overlap": 0.0 if distance else 0.5}
    return Views(views[0], views[1], {"label": y}, original=items, more=views[2:]), truth


def _code_trial(job: Job) -> Trial:
    """The verdict on a code of known measure, from SEEDS samples as from the seeds of a method."""
    from sslbench.registry import ASSUMPTIONS

    code, began, n = CODES[job.case.name], time.process_time(), min(job.n, ROWS)
    rule = ASSUMPTIONS.get(code.assumption).card.threshold
    holds, violated = (ALLOWED, ALLOWED) if code.assumption == "sufficiency" else (rule.holds, rule.violated)
    values = [
        code.sample(np.random.default_rng([job.repetition, seed, n, job.dim]), n, job.dim) for seed in range(SEEDS)
    ]
    mean, low, high = mean_interval(values)
    truth = code.truth(job.dim)
    good = truth > holds if rule.high_is_good else truth < holds
    short = lambda x: float(f"{x:.5g}")  # noqa: E731
    return Trial(
        code.assumption,
        code.name,
        n,
        job.dim,
        job.repetition,
        short(truth),
        "holds" if good else "violated",
        judge(low, high, holds, violated, rule.high_is_good),
        *map(short, (mean, low, high, holds)),
        round(time.process_time() - began, 2),
        code.exact,
        estimator_code(code.assumption),
    )


def run_job(job: Job) -> list[Trial]:
    """The trials of one data set."""
    import torch

    from sslbench.assumptions.readings import Readings
    from sslbench.registry import ASSUMPTIONS

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    if job.case.source == CODE:
        return [_code_trial(job)]
    views, truth = _views(job)
    readings = Readings(views, "label", True, job.repetition)
    out = []
    for name in job.assumptions:
        began = time.process_time()
        v = ASSUMPTIONS.get(name)().test(readings)
        unit = 1.0 if name == "augmentation-overlap" else LN2
        known = truth[{"infomin": "conditional-independence"}.get(name, name)] * unit
        short = lambda x: float(f"{x:.5g}")  # noqa: E731
        out.append(
            Trial(
                name,
                job.case.name,
                job.n,
                views.x1.shape[1],
                job.repetition,
                short(known),
                expected_verdict(name, known, v.tolerance),
                v.verdict,
                *map(short, (v.value, v.low, v.high, v.tolerance)),
                round(time.process_time() - began, 2),
                job.case.exact,
                estimator_code(name),
            )
        )
    return out


def expected_verdict(assumption: str, truth: float, tolerance: float) -> str:
    """What a verdict must say if it says anything: exact independence has no tolerance, relevance holds above it."""
    if assumption == "conditional-independence":
        return "holds" if truth < 1e-9 else "violated"
    above = truth > tolerance
    return (
        ("holds" if above else "violated") if assumption == "non-shared-relevance" else "violated" if above else "holds"
    )


def jobs(assumptions: tuple[str, ...], worlds: tuple[str, ...], sizes, repetitions: int, seen: set) -> list[Job]:
    """The trials that are missing, one repetition of everything after the other, so that a part is a fair sample."""
    every: dict[Case, list[str]] = {}
    for name in assumptions or CASES:
        if name not in CASES:
            raise UsageError(f"no calibration for {name!r}; there is one for {', '.join(CASES)}")
        for case in CASES[name]:
            if not worlds or case.name in worlds:
                every.setdefault(case, []).append(name)
    if not every:
        raise UsageError(
            f"no such world: {', '.join(worlds)}; there are "
            f"{', '.join(sorted({c.name for cases in CASES.values() for c in cases}))}"
        )
    out = []
    for repetition in range(repetitions):
        for n, dim in sorted(sizes, key=lambda s: s[0] * s[1]):
            for case, names in every.items():
                width = 64 if case.source == "paired-digits" else dim
                if width != dim and dim != min(d for m, d in sizes if m == n):
                    continue  # its width is its own: once per n
                if case.source == CODE and n != min(m for m, d in sizes if d == dim):
                    continue  # of a representation at most ROWS rows are measured
                rows = min(n, ROWS) if case.source == CODE else n
                missing = tuple(
                    a for a in names if (a, case.name, rows, width, repetition, estimator_code(a)) not in seen
                )
                if missing:
                    out.append(Job(case, missing, n, width, repetition))
    return out


def run_jobs(work: list[Job], workers: int) -> Iterator[list[Trial]]:
    """The trials of the jobs as they finish, `workers` at a time, each in a process of its own."""
    if workers == 1:
        yield from map(run_job, work)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting, left = set(), iter(work)
        try:
            while True:
                while len(waiting) < 2 * workers and (job := next(left, None)):
                    waiting.add(pool.submit(run_job, job))
                if not waiting:
                    return
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            for future in waiting:
                future.cancel()


def calibrate(
    results: Path,
    assumptions: tuple[str, ...] = (),
    worlds: tuple[str, ...] = (),
    sizes=SIZES,
    repetitions: int = 20,
    workers: int = 2,
    progress: Callable[[int, int, list[Trial]], None] = lambda done, total, made: None,
) -> list[Trial]:
    """Make the missing trials, keep them in results/calibration.csv, and return all of the present estimator's.

    Trials of an earlier estimator are dropped from the file: they speak about other code. Killed at any moment, the
    same call goes on. Raises UsageError, StorageError.
    """
    file = results / "calibration.csv"
    stored = read_trials(file)
    kept = [t for t in stored if t.assumption in CASES and t.code == estimator_code(t.assumption)]
    work = jobs(assumptions, worlds, sizes, repetitions, {t.key for t in kept})
    if len(kept) < len(stored) and work:
        file.unlink()
        append_trials(file, kept)
    total = len(work)
    for done, made in enumerate(run_jobs(work, workers), 1):
        append_trials(file, made)
        kept += made
        progress(done, total, made)
    return kept

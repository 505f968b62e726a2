"""One pack -> its records. The same function serves every engine; it never raises for what a pack does wrong."""

import contextlib
import functools
import gc
import math
import platform
import resource
import time
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from sslbench.assumptions.redundancy import test_redundancy
from sslbench.config import Protocol
from sslbench.data.dataset import Dataset, load_dataset
from sslbench.data.streams import encoding_of
from sslbench.draws import Draw
from sslbench.errors import SslbenchError
from sslbench.harness.checkpoint import encoder_file, save_tensors
from sslbench.harness.evaluate import score_predictor, score_representation
from sslbench.harness.identity import digest
from sslbench.harness.plan import AssumptionPack, MethodPack, Pack
from sslbench.harness.program import task_view
from sslbench.harness.regime import choose, free_bytes, work_of
from sslbench.harness.represent import Represented, represent
from sslbench.harness.tune import alike, candidates
from sslbench.methods.base import Method, Predictor, Pretrained
from sslbench.records import AssumptionRecord, Record, RunRecord
from sslbench.registry import METHODS


def environment(device: torch.device) -> dict[str, str]:
    """What the numbers were made with; no host and no user name."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "device": f"{device.type} {name}",
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
    }


def forget_peak(device: torch.device) -> None:
    """Measure peak memory anew from here on, where the system can: on CUDA, and on Linux."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return
    with contextlib.suppress(OSError):  # not Linux, or not allowed: the peak is then that of the process so far
        Path("/proc/self/clear_refs").write_text("5")


def peak_mib(device: torch.device) -> float:
    """Peak memory since `forget_peak`: of the device, or resident memory of this process."""
    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(device) / 2**20, 1)
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return round(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


RESIDENT_SHARE = 0.4  # of the free memory, that one stream of data may take


@functools.cache
def measured_rate(device: torch.device, precision: str) -> float:
    """FLOP/s of one large matrix product in the protocol's arithmetic, the best of five: the ceiling of utilisation."""
    kind = torch.bfloat16 if precision == "bfloat16" else torch.float32
    n, best = 8192 if device.type == "cuda" else 1024, math.inf
    a = torch.randn(n, n, device=device).to(kind)
    for _ in range(6):
        began = time.perf_counter()
        a @ a
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - began)
    return 2 * n**3 / best


@functools.cache
def settle() -> None:
    """Make this process a worker, once: what is imported by now is never looked through for garbage again, which would
    take longer than a small pack.
    """
    gc.collect()
    gc.freeze()


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out: of the device, or of this process."""
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in str(error)


def run_pack(pack: Pack, device: str) -> list[Record]:
    """The records of a pack, one per run or verdict. Whatever goes wrong becomes failed records with the reason; what
    ran out of memory is tried once more with less: one run at a time, or half the batch.
    """
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # numbers below 1e-38 are slow and mean nothing
    try:
        return _checked(pack, device)
    except Exception as error:
        if not out_of_memory(error):
            return pack.failed(reason_of(error))
    finally:
        gc.collect()
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    try:
        return _checked(pack.smaller(), device)
    except Exception as error:
        return pack.failed(f"{reason_of(error)}, also at the second attempt with less")


def _checked(pack: Pack, device: str) -> list[Record]:
    where = torch.device(device)
    forget_peak(where)
    made = _assumptions(pack, where) if isinstance(pack, AssumptionPack) else _runs(pack, where)
    for record in made:
        record.line()  # a record that could not be stored fails here, with its pack, not in the coordinator
    return made


def reason_of(error: Exception) -> str:
    """What a record says of an error: a user's own words, or the kind and the place."""
    if isinstance(error, SslbenchError):
        return str(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{last.filename.rpartition('sslbench/')[2]}:{last.lineno}"
    return f"{type(error).__name__}: {error} ({place})"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _runs(pack: MethodPack, device: torch.device) -> list[Record]:
    method = METHODS.get(pack.method).build(dict(pack.settings))
    began = time.perf_counter()
    dataset = load_dataset(pack.task).to(device, RESIDENT_SHARE * free_bytes(str(device)))
    load = (time.perf_counter() - began) / len(pack.seeds)
    if isinstance(method, Predictor):
        return _predicted(pack, method, dataset, load, device)
    dataset, halved = _halved(pack, dataset)
    if not pack.candidates:
        done = _represented(pack, method, dataset, pack.seeds, None, device)
        return [
            _scored(pack, method.settings(), dataset, done, i, seed, load, halved, device)
            for i, seed in enumerate(pack.seeds)
        ]
    return _tuned(pack, method, dataset, load, halved, device)


def _halved(pack: MethodPack, dataset: Dataset) -> tuple[Dataset, str]:
    """The dataset with half the batch, and a note, if the pack ran out of memory with one run at a time."""
    if not pack.half_batch:
        return dataset, ""
    budget = dataset.task.budget
    smaller = budget.model_copy(update={"batch": max(2, budget.batch // 2)})
    note = f"batch {smaller.batch} instead of {budget.batch}: memory ran out"
    return replace(dataset, task=dataset.task.model_copy(update={"budget": smaller})), note


def _represented(
    pack: MethodPack, method: Method, dataset: Dataset, seeds: tuple[int, ...], variants: list[dict] | None, device
) -> Represented:
    """The runs' representations. Settings that cannot be stacked are trained one run at a time."""
    ids = [digest(pack.identities[s].digest, variants and variants[i]) for i, s in enumerate(seeds)]
    regime = choose(work_of(method, dataset, pack.protocol), len(seeds), str(device), free_bytes(str(device)))
    if pack.at_once:
        regime = replace(regime, at_once=min(regime.at_once, pack.at_once))
    go = functools.partial(
        represent,
        method,
        dataset,
        seeds,
        pack.protocol,
        device,
        variants=variants,
        checkpoints=(Path(pack.scratch) / "checkpoints", ids) if pack.scratch else None,
        keep=_keeper(pack, seeds) if pack.keep and variants is None else None,
        count_flops=device.type == "cuda",
    )
    try:
        return go(regime=regime)
    except TypeError:
        if variants is None or regime.at_once == 1:
            raise
        return go(regime=replace(regime, name="in turn", at_once=1))


def _keeper(pack: MethodPack, seeds: tuple[int, ...]):
    def keep(place: int, state: dict[str, Tensor]) -> None:
        save_tensors(encoder_file(Path(pack.scratch), pack.identities[seeds[place]]), state)

    return keep


def _tuned(
    pack: MethodPack, method: Method, dataset: Dataset, load: float, halved: str, device: torch.device
) -> list[Record]:
    """Candidates of every seed side by side; val chooses; test is read once, for the chosen one."""
    variants = [v for s in pack.seeds for v in candidates(method, pack.candidates, s, pack.protocol)]
    seeds = tuple(s for s in pack.seeds for _ in range(len(variants) // len(pack.seeds)))
    place: dict[int, tuple[Represented, int]] = {}
    for group in alike(variants):
        trained = isinstance(method, Pretrained)
        mine = [variants[g] for g in group] if trained else None
        done = _represented(pack, method, dataset, tuple(seeds[g] for g in group), mine, device)
        place |= {g: (done, i) for i, g in enumerate(group)}
    out = []
    for seed in pack.seeds:
        mine = [g for g in range(len(variants)) if seeds[g] == seed]
        found = [
            _scored(pack, variants[g], dataset, *place[g], seed, load / len(mine), halved, device, "candidate")
            for g in mine
        ]
        fine = [(r.selection, -i) for i, r in enumerate(found) if r.status == "ok"]
        out += found if len(found) > 1 else []
        if not fine:
            out += pack.failed(f"all {len(mine)} candidates failed; the first: {found[0].reason}", only=seed)
            continue
        best = mine[-max(fine)[1]]
        out.append(_scored(pack, variants[best], dataset, *place[best], seed, load, halved, device, "tuned"))
    return out


def _scored(
    pack: MethodPack,
    settings: dict,
    dataset: Dataset,
    done: Represented,
    i: int,
    seed: int,
    load: float,
    note: str,
    device: torch.device,
    track: str = "default",
) -> Record:
    """The record of run i of a pack, seed `seed`."""
    common = pack.common(seed, settings, track)
    if done.diverged_at and done.diverged_at[i] is not None:
        return RunRecord(
            **common,
            status="failed",
            reason=f"the loss of {pack.method} became nan or infinite at step {done.diverged_at[i]}",
        )
    started = time.perf_counter()
    h = {name: x[i] for name, x in done.h.items()}
    scores, selection = score_representation(dataset, dataset.split(seed), h, pack.protocol, track != "candidate")
    bad = [s for s in scores if not np.isfinite(s.value)]
    if bad:
        return RunRecord(
            **common, status="failed", reason=f"the {bad[0].probe} probe gave {bad[0].metric} = {bad[0].value}"
        )
    runs = len(next(iter(done.h.values())))
    each = {"pretrain": done.train_seconds, "encode": done.seconds.get("encode", 0.0)}
    seconds = {"load": load} | {k: v / runs for k, v in each.items() if v}
    seconds["probe"] = time.perf_counter() - started
    speed = done.items / done.train_seconds if done.train_seconds else None
    rate = measured_rate(device, pack.protocol.precision) if done.flops_per_item else None
    return RunRecord(
        **common,
        status="ok",
        scores=tuple(scores),
        selection=float(f"{selection:.5g}"),
        regime=str(done.regime) if done.trace else "",
        note="; ".join(filter(None, [note, *done.notes]))[:300],
        trace=done.trace[i] if done.trace and track != "candidate" else (),
        seconds={k: round(v, 3) for k, v in seconds.items()},
        phases={k: round(v / runs, 3) for k, v in done.seconds.items() if k != "encode"},
        peak_mib=peak_mib(device),
        environment=environment(device),
        created=_now(),
        samples_per_second=None if speed is None else round(speed),
        utilisation=None if rate is None else round(done.flops_per_item * speed / rate, 4),
    )


def _predicted(
    pack: MethodPack, method: Predictor, dataset: Dataset, load: float, device: torch.device
) -> list[Record]:
    out = []
    for seed in pack.seeds:
        began = time.perf_counter()
        scores = score_predictor(dataset, dataset.split(seed), method, seed)
        seconds = {"load": round(load, 3), "probe": round(time.perf_counter() - began, 3)}
        out.append(
            RunRecord(
                **pack.common(seed, method.settings(), "tuned" if pack.candidates else "default"),
                status="ok",
                scores=tuple(scores),
                seconds=seconds,
                peak_mib=peak_mib(device),
                environment=environment(device),
                created=_now(),
            )
        )
    return out


def _assumptions(pack: AssumptionPack, device: torch.device) -> list[Record]:
    began = time.perf_counter()
    dataset = load_dataset(pack.task)
    x1, x2, targets, groups, note = two_views(dataset, pack.protocol)
    verdicts = test_redundancy(x1, x2, targets, groups, pack.protocol.assumption_network)
    seconds = (time.perf_counter() - began) / len(verdicts)
    out = []
    for v in verdicts:
        fields = {
            k: getattr(v, k)
            for k in (
                "assumption",
                "target",
                "verdict",
                "value",
                "low",
                "high",
                "tolerance",
                "detectable",
                "unit",
                "n",
                "evidence",
            )
        }
        out.append(
            AssumptionRecord(
                **{k: float(f"{x:.5g}") if isinstance(x, float) else x for k, x in fields.items()},
                estimator=v.estimator,
                note="; ".join(filter(None, [v.note, note])),
                task=pack.task.name,
                status="ok",
                protocol=pack.protocol.name,
                identity=pack.identities[v.assumption, v.target],
                seconds={"read": round(seconds, 3)},
                peak_mib=peak_mib(device),
                environment=environment(device),
                created=_now(),
            )
        )
    return [r for r in out if (r.assumption, r.target) in pack.wanted]


def two_views(
    dataset: Dataset, protocol: Protocol
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray], np.ndarray | None, str]:
    """What an assumption test reads: both views' features (n, dim), targets, groups, and a note on how they were made.

    Pairs give their two streams; other tasks two views of every item from the card's generator. Normalised without
    labels, over all rows; wide views through principal components; many rows subsampled.
    """
    everything = torch.arange(dataset.rows)[None]
    encodings = [encoding_of(stream, everything) for stream in dataset.streams]
    if len(encodings) == 2:
        views, notes = [e.encode(e.take(everything)) for e in encodings], ["the two streams"]
    else:
        raw = encodings[0].take(everything)
        views = [
            encodings[0].encode(v) for v in task_view(dataset.task).pair(raw, Draw([0]).of("assumption views"), raw)
        ]
        notes = [f"one pair of {dataset.task.views.generator} views per item, strength {dataset.task.views.strength:g}"]
    flat = [v[0].flatten(1).double() for v in views]
    for i, x in enumerate(flat):
        if x.shape[1] > protocol.assumption_dim:
            centred = x - x.mean(0)
            flat[i] = centred @ torch.linalg.svd(centred, full_matrices=False).Vh[: protocol.assumption_dim].T
            notes.append(f"view {i + 1} through {protocol.assumption_dim} of {x.shape[1]} principal components")
    rows = _subsample(dataset, protocol.assumption_rows)
    if len(rows) < dataset.rows:
        notes.append(f"{len(rows)} of {dataset.rows} rows")
    groups = None if dataset.groups is None else dataset.groups[rows]
    return (
        flat[0].numpy()[rows],
        flat[1].numpy()[rows],
        {t: y[rows] for t, y in dataset.targets.items()},
        groups,
        "; ".join(notes),
    )


def _subsample(dataset: Dataset, most: int) -> np.ndarray:
    if dataset.rows <= most:
        return np.arange(dataset.rows)
    return np.sort(np.random.default_rng(0).permutation(dataset.rows)[:most])

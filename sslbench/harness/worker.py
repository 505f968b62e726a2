"""One pack -> its records. The same function serves every engine; it never raises for what a pack does wrong."""

import gc
import platform
import resource
import time
import traceback
from datetime import UTC, datetime

import numpy as np
import torch
from torch import Tensor

from sslbench.assumptions.redundancy import test_redundancy
from sslbench.config import Protocol
from sslbench.data.dataset import Dataset, load_dataset
from sslbench.data.streams import encoding_of
from sslbench.draws import Draw
from sslbench.errors import SslbenchError
from sslbench.harness.evaluate import score_predictor, score_representation
from sslbench.harness.networks import Networks
from sslbench.harness.plan import AssumptionPack, MethodPack, Pack
from sslbench.harness.pretrain import Trained, pretrain, task_view
from sslbench.methods.base import Fixed, Method, Predictor, Pretrained
from sslbench.records import AssumptionRecord, Record, RunRecord
from sslbench.registry import METHODS

CHUNK = 2048  # rows encoded at a time


def environment(device: torch.device) -> dict[str, str]:
    """What the numbers were made with; no host and no user name."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "device": f"{device.type} {name}",
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
    }


def peak_mib(device: torch.device) -> float:
    """Peak memory so far: of the device, or resident memory of this process."""
    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(device) / 2**20, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def run_pack(pack: Pack, device: str) -> list[Record]:
    """The records of a pack, one per run or verdict. Whatever goes wrong becomes failed records with the reason."""
    torch.set_num_threads(1)
    where = torch.device(device)
    try:
        made = _assumptions(pack, where) if isinstance(pack, AssumptionPack) else _runs(pack, where)
        for record in made:
            record.line()  # a record that could not be stored fails here, with its pack, not in the coordinator
        return made
    except Exception as error:
        reason = (
            str(error) if isinstance(error, SslbenchError) else f"{type(error).__name__}: {error} ({_place(error)})"
        )
        return pack.failed(reason)
    finally:
        gc.collect()


def _place(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename.rpartition('sslbench/')[2]}:{last.lineno}"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _runs(pack: MethodPack, device: torch.device) -> list[Record]:
    method = METHODS.get(pack.method).build(dict(pack.settings))
    began = time.perf_counter()
    dataset = load_dataset(pack.task).to(device)
    loading = time.perf_counter() - began
    h, trained = (
        (None, None) if isinstance(method, Predictor) else represent(method, dataset, pack.seeds, pack.protocol, device)
    )
    trained_seconds = time.perf_counter() - began - loading
    out = []
    for i, seed in enumerate(pack.seeds):
        if trained and trained.diverged_at[i] is not None:
            out += pack.failed(
                f"the loss of {method.name} became nan or infinite at step {trained.diverged_at[i]}", only=seed
            )
            continue
        started, split = time.perf_counter(), dataset.split(seed)
        if h is None:
            scores = score_predictor(dataset, split, method, seed)
        else:
            scores = score_representation(dataset, split, {name: x[i] for name, x in h.items()}, pack.protocol)
        bad = [s for s in scores if not np.isfinite(s.value)]
        if bad:
            out += pack.failed(f"the {bad[0].probe} probe gave {bad[0].metric} = {bad[0].value}", only=seed)
            continue
        seconds = {
            "load": loading / len(pack.seeds),
            "pretrain": trained_seconds / len(pack.seeds),
            "probe": time.perf_counter() - started,
        }
        out.append(
            RunRecord(
                method=method.name,
                task=pack.task.name,
                seed=seed,
                status="ok",
                protocol=pack.protocol.name,
                identity=pack.identities[seed],
                settings=method.settings(),
                scores=tuple(scores),
                trace=trained.trace[i] if trained else (),
                seconds={k: round(v, 3) for k, v in seconds.items()},
                peak_mib=peak_mib(device),
                environment=environment(device),
                created=_now(),
                samples_per_second=round(trained.samples * len(pack.seeds) / trained.seconds) if trained else None,
            )
        )
    return out


def represent(
    method: Method, dataset: Dataset, seeds: tuple[int, ...], protocol: Protocol, device: torch.device
) -> tuple[dict[str, Tensor], Trained | None]:
    """The representation of every row, stream name -> (runs, n, rep_dim), and how training went. Fitted on each seed's
    train rows.
    """
    splits = [dataset.split(seed) for seed in seeds]
    train = torch.tensor(np.stack([s.train for s in splits]), device=device)
    encodings = [encoding_of(stream, train) for stream in dataset.streams]
    classes = {t: int(y.max()) + 1 for t, y in dataset.targets.items()}
    draw = Draw(seeds, device)
    nets = Networks(method, dataset.task, [e.shape for e in encodings], classes, draw.of("networks"), protocol)
    trained, apply = None, nets.encode
    if isinstance(method, Pretrained):
        labels = {t: torch.as_tensor(y, device=device) for t, y in dataset.targets.items()}
        val = [torch.tensor(s.val, device=device) for s in splits]
        trained = pretrain(method, nets, dataset.task, encodings, train, val, labels, draw.of("pretrain"), protocol)
    elif isinstance(method, Fixed):
        apply = method.fit(nets, tuple(e.encode(e.take(train)) for e in encodings))
    nets.eval()
    everything = torch.arange(dataset.rows, device=device).expand(len(seeds), -1)
    with torch.no_grad():
        h = {
            stream.name: torch.cat([apply(i, e.encode(e.take(rows))) for rows in everything.split(CHUNK, 1)], 1)
            for i, (stream, e) in enumerate(zip(dataset.streams, encodings, strict=True))
        }
    return h, trained


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

"""Frozen representations -> scores. Train fits the probes, val chooses their settings, test is read once."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from sslbench.config import Protocol
from sslbench.data.dataset import Dataset
from sslbench.data.splits import Split
from sslbench.draws import Draw
from sslbench.evaluation.label_budget import ALL, shown
from sslbench.evaluation.readouts import Readout, columns_of, readouts_of
from sslbench.methods.base import DirectClassifier
from sslbench.probes.base import Encoder, Frozen, Parts, Probe, probe_named
from sslbench.probes.linear import linear_fit
from sslbench.probes.metrics import Measured, bits_score, class_prior, hit_scores
from sslbench.records import Score
from sslbench.training.networks import FUSED

DIGITS, ERROR_DIGITS = 5, 3  # significant ones that a record keeps


def _score(target: str, readout: str, probe: str, m: Measured, labels: str = ALL) -> Score:
    short = lambda v, digits=DIGITS: None if v is None else float(f"{v:.{digits}g}")  # noqa: E731
    return Score(
        target=target,
        readout=readout,
        probe=probe,
        metric=m.metric,
        value=short(m.value),
        se=short(m.se, ERROR_DIGITS),
        n=m.n,
        chance=short(m.chance),
        ceiling=short(m.ceiling),
        labels=labels,
    )


def score_representation(
    dataset: Dataset,
    split: Split,
    h: dict[str, Tensor],
    protocol: Protocol,
    read_test: bool = True,
    labels: str = ALL,
    encoder: Encoder | None = None,
) -> tuple[list[Score], float]:
    """Scores of one run on test, and the bits on val by which settings are chosen (mean over targets, joint readout).

    h: stream name -> representation of every row, (n, rep_dim), of one run; labels: the label budget of the probes;
    encoder: for probes that train it further. The protocol names the probes. Without `read_test` there are no scores.
    """
    probes = [probe_named(name) for name in protocol.probes] if read_test else []
    skip = not_applicable(probes, dataset, encoder, len(h.keys() - {FUSED}))
    probes = [p for p in probes if p.name not in skip]
    readouts, device = readouts_of(h, split), next(iter(h.values())).device
    columns = columns_of(dataset, split, device) if any(p.card.needs == "columns" for p in probes) else None
    rows, draw = Parts(split.train, split.val, split.test), Draw((0,), device).of("probe")
    out, selection = [], []
    for target, y in dataset.targets.items():
        ours = draw.of(target)
        keep = shown(labels, y[split.train], ours)
        for readout in readouts:
            frozen = Frozen(
                readout.kind,
                tuple(_kept(parts, keep) for parts in readout.features),
                protocol,
                ours.of(readout.name),
                _kept(rows, keep),
                Parts(*(y[r] for r in _kept(rows, keep))),
                int(y.max()) + 1,
                dataset.truth.get(target, {}).get("information") if readout.kind == "joint" else None,
                _kept(columns, keep),
                encoder,
            )
            if readout.kind == "joint":
                selection.append(_val_bits(frozen))
            out += _read([p for p in probes if p.card.labels != "none"], target, readout, frozen, labels)
    for readout in readouts:
        frozen = Frozen(readout.kind, readout.features, protocol, draw.of(readout.name), rows, columns=columns)
        out += _read([p for p in probes if p.card.labels == "none"], "", readout, frozen, ALL)
    return out, float(np.mean(selection))


def not_applicable(
    probes: Iterable[Probe], dataset: Dataset, encoder: Encoder | None = None, streams: int | None = None
) -> dict[str, str]:
    """The probes that cannot read this task, or not without the encoder, and why."""
    count, tables = streams or len(dataset.streams), set(dataset.kinds) == {"columns"}
    reasons = {p.name: p.not_applicable(count, tables, encoder is not None) for p in probes}
    return {name: why for name, why in reasons.items() if why}


def _kept(parts: Parts | None, keep: np.ndarray | None) -> Parts | None:
    """The parts with only some of the train rows."""
    if parts is None or keep is None:
        return parts
    some = torch.as_tensor(keep, device=parts.train.device) if isinstance(parts.train, Tensor) else keep
    return parts._replace(train=parts.train[some])


def _val_bits(frozen: Frozen) -> float:
    prior = class_prior(frozen.labels.train, frozen.classes)
    return float((-np.log(prior[frozen.labels.val]).mean() - linear_fit(frozen).val_loss) / np.log(2))


def _read(probes: list[Probe], target: str, readout: Readout, frozen: Frozen, labels: str) -> list[Score]:
    return [
        _score(target, readout.back if m.reverse else readout.name, probe.name, m, labels)
        for probe in probes
        if readout.kind in probe.card.outputs
        for m in probe.measured(frozen)
    ]


def score_predictor(dataset: Dataset, split: Split, method: DirectClassifier, seed: int) -> list[Score]:
    """Scores of a supervised reference that predicts from the source columns.

    Its own probabilities stand where a probe would.
    """
    x = torch.cat([s.values for s in dataset.streams], -1).cpu().numpy()
    categories = np.concatenate([np.array(s.columns.sizes) > 0 for s in dataset.streams])
    out = []
    for target, labels in dataset.targets.items():
        y, yv, yt = (labels[rows] for rows in (split.train, split.val, split.test))
        classes = int(labels.max()) + 1
        p = method.predict((x[split.train], y), (x[split.val], yv), x[split.test], categories, seed)
        p = np.pad(p, ((0, 0), (0, classes - p.shape[1])), constant_values=1e-6)
        ceiling = dataset.truth.get(target, {}).get("information")
        prior = class_prior(y, classes)
        for m in (bits_score(np.log(p), prior, yt, ceiling), *hit_scores(p.argmax(1), yt, classes)):
            out.append(_score(target, "joint", "own", m))
    return out

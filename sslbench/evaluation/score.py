"""Frozen representations -> predictions of the test rows -> scores. Train and val fit the probes; test is read once."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from sslbench.config import Protocol
from sslbench.data.dataset import Dataset
from sslbench.data.splits import Split
from sslbench.draws import Draw
from sslbench.evaluation.label_budget import ALL, shown
from sslbench.evaluation.readouts import Readout, columns_of, parts_of, readouts_of
from sslbench.methods.base import DirectClassifier
from sslbench.probes.base import Encoder, Frozen, Parts, Probe, probe_named
from sslbench.probes.linear import val_bits
from sslbench.probes.metrics import Measured, class_prior
from sslbench.probes.predictions import Predicted, Truth
from sslbench.records import Score
from sslbench.records.predictions import key_of
from sslbench.training.networks import FUSED

DIGITS, ERROR_DIGITS = 5, 3  # significant ones that a record keeps
OWN = ("bits", "accuracy", "balanced-accuracy")  # of the probabilities that a method itself gives
Predictions = dict[str, np.ndarray]  # key of target, readout, probe and label budget -> what is stored


def score_of(target: str, readout: str, probe: str, m: Measured, labels: str = ALL) -> Score:
    """One measured number as a record keeps it."""
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


def truth_of(dataset: Dataset, split: Split, target: str, readout: str) -> Truth | None:
    """What predictions of a target are held against; None of what has no target."""
    if not target:
        return None
    y = dataset.targets[target]
    known = class_prior(y[np.concatenate([split.train, split.val])], int(y.max()) + 1)
    ceiling = dataset.truth.get(target, {}).get("information") if readout == "joint" else None
    return Truth(y[split.test], known, ceiling)


def score_representation(
    dataset: Dataset, split: Split, h: dict[str, Tensor], protocol: Protocol, encoder: Encoder | None = None
) -> tuple[list[Score], Predictions]:
    """Scores of one run on test, and the predictions that they are computed from.

    h: stream name -> representation of every row, (n, rep_dim), of one run; encoder: for probes that train it further.
    The protocol names the probes and the label budgets.
    """
    probes = [probe_named(name) for name in protocol.probes]
    skip = not_applicable(probes, dataset, encoder, len(h.keys() - {FUSED}))
    probes = [p for p in probes if p.name not in skip]
    device = next(iter(h.values())).device
    columns = columns_of(dataset, split, device) if any(p.card.needs == "columns" for p in probes) else None
    scores, predictions = [], {}
    for target, readout, frozen in _frozen(dataset, split, h, protocol):
        for probe in probes:
            if readout.kind not in probe.card.outputs or (probe.card.labels == "none") != (target == ""):
                continue
            given = replace(frozen, columns=columns, encoder=encoder)
            budgets = protocol.label_budgets if probe.card.budgets and readout.kind == "joint" else ()
            for labels in (ALL, *budgets):
                for p in probe.predicted(_budgeted(given, labels)):
                    name = readout.back if p.reverse else readout.name
                    predictions[key_of(target, name, probe.name, labels)] = p.values
                    measured = probe.scores(p, readout.kind, frozen.truth)
                    scores += [score_of(target, name, probe.name, m, labels) for m in measured if _kept(m, labels)]
    return scores, predictions


def selection_bits(dataset: Dataset, split: Split, h: dict[str, Tensor], protocol: Protocol) -> float:
    """The bits on val by which a method's settings are chosen: mean over targets, joint readout, fitted on train.

    Arguments as those of `score_representation`. Test is not read.
    """
    frozen = _frozen(dataset, split, h, protocol)
    return float(np.mean([val_bits(f) for target, readout, f in frozen if target and readout.kind == "joint"]))


def _frozen(
    dataset: Dataset, split: Split, h: dict[str, Tensor], protocol: Protocol
) -> Iterator[tuple[str, Readout, Frozen]]:
    """What probes may look at: of every target and readout with all labels, then of every readout without labels."""
    readouts, device = readouts_of(h, split), next(iter(h.values())).device
    rows, draw = Parts(split.train, split.val, split.test), Draw((0,), device).of("probe")
    groups = None if dataset.groups is None else parts_of(torch.as_tensor(dataset.groups), split)
    groups = groups and Parts(*(g.numpy() for g in groups))
    for target, y in dataset.targets.items():
        labels = Parts(*(y[r] for r in rows))
        for readout in readouts:
            truth, ours = truth_of(dataset, split, target, readout.kind), draw.of(target).of(readout.name)
            yield (
                target,
                readout,
                Frozen(readout.kind, readout.features, protocol, ours, rows, labels, truth, groups=groups),
            )
    for readout in readouts:
        yield "", readout, Frozen(readout.kind, readout.features, protocol, draw.of(readout.name), rows)


def _budgeted(frozen: Frozen, labels: str) -> Frozen:
    """The same with only the train and val rows whose labels a budget shows."""
    if labels == ALL:
        return frozen
    known = np.concatenate(frozen.labels[:2])
    keep, count = shown(labels, known, frozen.draw), len(frozen.labels.train)
    few = lambda parts: parts and _some(parts, keep[keep < count], keep[keep >= count] - count)  # noqa: E731
    return replace(
        frozen,
        features=tuple(few(parts) for parts in frozen.features),
        rows=few(frozen.rows),
        labels=few(frozen.labels),
        columns=few(frozen.columns),
        groups=few(frozen.groups),
    )


def _some(parts: Parts, train: np.ndarray, val: np.ndarray) -> Parts:
    return parts._replace(train=parts.train[train], val=parts.val[val])


def _kept(m: Measured, labels: str) -> bool:
    """Whether a record keeps the number: of fewer labels only bits and accuracy, so that records stay small."""
    return labels == ALL or m.metric in ("bits", "accuracy")


def not_applicable(
    probes: Iterable[Probe], dataset: Dataset, encoder: Encoder | None = None, streams: int | None = None
) -> dict[str, str]:
    """The probes that cannot read this task, or not without the encoder, and why."""
    count, tables = streams or len(dataset.streams), set(dataset.kinds) == {"columns"}
    reasons = {p.name: p.not_applicable(count, tables, encoder is not None) for p in probes}
    return {name: why for name, why in reasons.items() if why}


def score_predictor(
    dataset: Dataset, split: Split, method: DirectClassifier, seed: int, protocol: Protocol
) -> tuple[list[Score], Predictions]:
    """Scores of a supervised reference that predicts from the source columns, and its predictions.

    Its own probabilities stand where a probe would, with the same share of the prior mixed in.
    """
    x = torch.cat([s.values for s in dataset.streams], -1).cpu().numpy()
    categories = np.concatenate([np.array(s.columns.sizes) > 0 for s in dataset.streams])
    scores, predictions = [], {}
    for target, labels in dataset.targets.items():
        y, yv = labels[split.train], labels[split.val]
        truth = truth_of(dataset, split, target, "joint")
        p = method.predict((x[split.train], y), (x[split.val], yv), x[split.test], categories, seed)
        p = np.pad(p, ((0, 0), (0, len(truth.prior) - p.shape[1])))  # classes that train has not
        with np.errstate(divide="ignore"):
            said = Predicted.probabilities(np.log(p), truth.prior, protocol.prior_share)
        predictions[key_of(target, "joint", "own", ALL)] = said.values
        scores += [score_of(target, "joint", "own", m) for m in said.measured(OWN, truth)]
    return scores, predictions

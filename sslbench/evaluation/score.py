"""Frozen representations -> scores. Train fits the probes, val chooses their settings, test is read once."""

import numpy as np
import torch
from torch import Tensor

from sslbench.config import Protocol
from sslbench.data.dataset import Dataset
from sslbench.data.splits import Split
from sslbench.methods.base import DirectClassifier
from sslbench.probes.knn import KNNProbe
from sslbench.probes.linear import LinearProbe, normalise
from sslbench.probes.metrics import Measured, bits_score, class_prior, hit_scores
from sslbench.probes.retrieval import Retrieval
from sslbench.probes.ridge import RidgeProbe
from sslbench.records import Score
from sslbench.training.networks import FUSED

DIGITS, ERROR_DIGITS = 5, 3  # significant ones that a record keeps


def _score(target: str, readout: str, probe: str, m: Measured) -> Score:
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
    )


def score_representation(
    dataset: Dataset, split: Split, h: dict[str, Tensor], protocol: Protocol, read_test: bool = True
) -> tuple[list[Score], float]:
    """Scores of one run on test, and the bits on val by which settings are chosen (mean over targets, joint readout).

    h: stream name -> representation of every row, (n, rep_dim), of one run. Pairs are read jointly (the fused
    representation if there is one, or else both streams', each brought to one scale, side by side) and stream by
    stream. Without `read_test` there are no
    scores.
    """
    parts = {name: _parts(x, split) for name, x in h.items()}
    fused = parts.pop(FUSED, None)
    names = list(parts)
    readouts = {"joint": parts[names[0]]}
    if len(names) == 2:
        scaled = [normalise(*parts[name]) for name in names]
        readouts = {"joint": fused or [torch.cat(pair, -1) for pair in zip(*scaled, strict=True)]}
        readouts |= parts if read_test else {}
    out, selection = [], []
    for target, labels in dataset.targets.items():
        for readout, features in readouts.items():
            probe = _fit(labels, split, features, protocol)
            if readout == "joint":
                selection.append(_val_bits(labels, split, probe))
            if read_test:
                out += _read(dataset, target, labels, split, readout, features, probe, protocol)
    if len(names) == 2 and read_test:
        for direction, measured in Retrieval.scores(*zip(*(parts[n] for n in names), strict=True)):
            out.append(_score("", direction, "retrieval", measured))
    return out, float(np.mean(selection))


def _parts(x: Tensor, split: Split) -> list[Tensor]:
    return [x[torch.as_tensor(rows, device=x.device)] for rows in (split.train, split.val, split.test)]


def _fit(labels: np.ndarray, split: Split, features: list[Tensor], protocol: Protocol) -> LinearProbe:
    (x, xv, _), classes = features, int(labels.max()) + 1
    train, val = (x, labels[split.train]), (xv, labels[split.val])
    return LinearProbe(train, val, classes, protocol.probe_strengths, protocol.probe_iterations)


def _val_bits(labels: np.ndarray, split: Split, probe: LinearProbe) -> float:
    prior = class_prior(labels[split.train], int(labels.max()) + 1)
    return float((-np.log(prior[labels[split.val]]).mean() - probe.val_loss) / np.log(2))


def _read(
    dataset: Dataset,
    target: str,
    labels: np.ndarray,
    split: Split,
    readout: str,
    features: list[Tensor],
    probe: LinearProbe,
    protocol: Protocol,
) -> list[Score]:
    y, yv, yt = (labels[rows] for rows in (split.train, split.val, split.test))
    classes = int(labels.max()) + 1
    x, xv, xt = features
    log_p = probe.log_probabilities(xt)
    ceiling = dataset.truth.get(target, {}).get("information") if readout == "joint" else None
    measured = [bits_score(log_p, class_prior(y, classes), yt, ceiling), *hit_scores(log_p.argmax(1), yt, classes)]
    out = [_score(target, readout, "linear", m) for m in (measured if readout == "joint" else measured[:2])]
    if readout == "joint":
        predicted, _ = KNNProbe.classes_of((x, y), (xv, yv), xt, classes, protocol.neighbours)
        out.append(_score(target, readout, "knn", hit_scores(predicted, yt, classes)[0]))
        predicted, _ = RidgeProbe.classes_of((x, y), xt, classes, protocol.probe_strengths)
        out.append(_score(target, readout, "ridge", hit_scores(predicted, yt, classes)[0]))
    return out


def score_predictor(dataset: Dataset, split: Split, method: DirectClassifier, seed: int) -> list[Score]:
    """Scores of a supervised reference that predicts from the source columns; its own probabilities stand where a probe
    would.
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

"""Two paired worlds with known truth, as datasets, and what a linear probe reads of a method's representation there."""

from pathlib import Path

import numpy as np
import torch

from sslbench.config import STANDARD, Run
from sslbench.data.dataset import Dataset, load_dataset
from sslbench.evaluation.score import score_representation
from sslbench.registry import METHODS
from sslbench.tasks import Task, find_task
from sslbench.training.represent import represent

ROWS = 3000


def lift(rng, bits, dim):
    """Bits (n, b) -> (n, dim): decodable without error to five sd, on no single axis."""
    values = rng.normal(size=(len(bits), dim))
    values[:, : bits.shape[1]] = 2 * bits - 1 + 0.2 * values[:, : bits.shape[1]]
    return values @ np.linalg.qr(rng.normal(size=(dim, dim)))[0]


def nuis(dim=8):
    """x_i = (s, n_i): the label s is shared, the nuisance n_1 is known to view 1 alone. Redundancy holds exactly."""
    rng = np.random.default_rng(0)
    s, n1, n2 = rng.integers(2, size=(3, ROWS))
    first, second = lift(rng, np.stack([s, n1], 1), dim), lift(rng, np.stack([s, n2], 1), dim)
    return {"x1": first, "x2": second, "shared": s, "unique": n1}


def xor(dim):
    """x1 = a, x2 = b, label a xor b: pure synergy."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(2, size=(2, ROWS))
    return {"x1": lift(rng, a[:, None], dim), "x2": lift(rng, b[:, None], dim), "label": a ^ b}


def dataset_of(arrays: dict, file: Path, steps: int = 400) -> Dataset:
    """A world as a task of two streams; every array but x1 and x2 is a target."""
    np.savez(file, **arrays)
    card = find_task("xor").model_dump(mode="json")
    targets = [{"name": k, "title": k} for k in arrays if k not in ("x1", "x2")]
    card |= {"name": "world", "truth": {}, "targets": targets, "source": {"kind": "pair", "name": str(file)}}
    card["budget"]["steps"], card["encoder"]["rep_dim"] = steps, 16
    return load_dataset(Task.model_validate(card))


def bits(name, data):
    """Bits that a linear probe reads on test, (target, readout) -> bits; "joint" is the fused code if there is one."""
    h = represent(METHODS.get(name).build(), data, (Run(0, 0),), STANDARD, torch.device("cpu")).h
    scores, _ = score_representation(data, data.split(0), {k: v[0] for k, v in h.items()}, STANDARD)
    return {(s.target, s.readout): s.value for s in scores if s.metric == "bits"}

"""Probes beyond the defaults: the two-layer head, input beside representation, and the encoder trained further."""

import numpy as np
import pytest
import torch

from sslbench.config import STANDARD
from sslbench.draws import Draw
from sslbench.probes.base import Frozen, Parts, probe_named
from sslbench.probes.linear import linear_fit
from sslbench.probes.metrics import class_prior
from sslbench.probes.predictions import Truth

ROWS = 1200
PARTS = Parts(*np.split(np.arange(ROWS), [700, 900]))


def frozen(x, y, **more):
    features = (Parts(*(x[p] for p in PARTS)),)
    labels = Parts(*(y[p] for p in PARTS))
    truth = Truth(labels.test, class_prior(y[:900], int(y.max()) + 1))
    return Frozen("joint", features, STANDARD, Draw((0,)), PARTS, labels, truth, **more)


def bits(name, given):
    return next(m.value for m in probe_named(name).measured(given) if m.metric == "bits")


@pytest.fixture
def xor():
    """Two columns whose signs' product is the label, and noise."""
    x = torch.randn(ROWS, 4, generator=torch.Generator().manual_seed(0))
    return x, (x[:, 0] * x[:, 1] > 0).long().numpy()


def test_the_mlp_reads_xor_and_the_linear_probe_does_not(xor):
    given = frozen(*xor)
    assert bits("linear", given) < 0.05 and bits("mlp", given) > 0.6
    assert bits("mlp", given) == bits("mlp", frozen(*xor))


def test_the_mlp_says_the_prior_where_there_is_nothing_to_read(xor):
    y = np.random.default_rng(0).integers(2, size=ROWS)
    assert abs(bits("mlp", frozen(xor[0], y))) < 0.02


def test_raw_and_h_reads_what_neither_tells_alone():
    x = torch.randn(ROWS, 2, generator=torch.Generator().manual_seed(1))
    y = (x.sum(1) > 0).long().numpy()
    columns, h = x[:, :1], x[:, 1:]
    given = frozen(h, y, columns=Parts(*(columns[p] for p in PARTS)))
    alone = max(bits("linear", given), bits("linear", frozen(columns, y)))
    assert bits("raw+h", given) > alone + 0.3


def test_the_head_is_the_fit_on_features_as_they_are(xor):
    x, y = xor[0] * 3 + 1, (xor[0][:, 0] + 0.5 * xor[0][:, 2] > 0).long().numpy()
    fit = linear_fit(x[:900], y[:900], 2, STANDARD)
    weight, bias = fit.head()
    ours = (x[900:] @ weight + bias).log_softmax(-1).numpy()
    assert ours == pytest.approx(fit.log_probabilities(x[900:]), abs=1e-4)


class Layer:
    """An encoder of one hidden layer, its weights drawn at random."""

    def __init__(self, x):
        self.x, self.weight = x, torch.randn(4, 16, generator=torch.Generator().manual_seed(2)) / 2

    def parameters(self):
        return {"weight": self.weight.clone()}

    def represent(self, parameters, rows):
        return [torch.relu(self.x[rows] @ parameters["weight"])]


def test_fine_tuning_changes_the_encoder_for_the_better_and_leaves_the_trained_one(xor):
    x, y = xor
    encoder = Layer(x)
    h = encoder.represent(encoder.parameters(), np.arange(ROWS))[0]
    before, given = encoder.weight.clone(), frozen(h, y, encoder=encoder)
    assert bits("fine-tune", given) > bits("linear", given) + 0.03
    assert torch.equal(encoder.weight, before)


def test_fine_tuning_that_val_does_not_confirm_says_the_prior(xor):
    x, y = xor
    y = y.copy()
    y[PARTS.val] = np.random.default_rng(0).integers(2, size=200)
    encoder = Layer(x)
    h = encoder.represent(encoder.parameters(), np.arange(ROWS))[0]
    given = frozen(h, y, encoder=encoder)
    assert abs(bits("fine-tune", given)) < 0.02


def test_only_fine_tuning_is_marked_as_changing_the_encoder():
    names = ("linear", "ridge", "knn", "retrieval", "mlp", "raw+h", "fine-tune")
    assert [n for n in names if probe_named(n).card.labels == "encoder"] == ["fine-tune"]
    assert not {"mlp", "raw+h", "fine-tune"} & set(STANDARD.probes)

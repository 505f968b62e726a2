"""Every registered probe: a card in words, the scores it declares, finite and the same when read again."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from sslbench.config import QUICK, STANDARD
from sslbench.data.dataset import load_dataset
from sslbench.evaluation.score import not_applicable, score_representation
from sslbench.probes.base import probe_named
from sslbench.registry import PROBES
from sslbench.tasks import find_task


class Linear:
    """An encoder of one matrix per stream."""

    def __init__(self, streams):
        self.x = [s.values.nan_to_num() for s in streams]
        self.x = [(x - x.mean(0)) / x.std(0) for x in self.x]

    def parameters(self):
        g = torch.Generator().manual_seed(0)
        return {str(i): torch.randn(x.shape[1], 6, generator=g) for i, x in enumerate(self.x)}

    def represent(self, parameters, rows):
        return [x[rows] @ parameters[str(i)] for i, x in enumerate(self.x)]


@pytest.fixture(scope="module")
def pair():
    data = load_dataset(find_task("breast-cancer-views"))
    encoder = Linear(data.streams)
    h = encoder.represent(encoder.parameters(), np.arange(data.rows))
    return data, dict(zip((s.name for s in data.streams), h, strict=True)), encoder


@pytest.mark.parametrize("name", PROBES.names())
def test_it_gives_what_it_declares(name, pair):
    data, h, encoder = pair
    card, protocol = probe_named(name).card, replace(QUICK, probes=(name,))
    read = lambda: score_representation(data, data.split(0), h, protocol, encoder=encoder)[0]  # noqa: E731
    found = read()
    names = {"joint": ["joint"], "stream": list(h), "pair": ["first-second", "second-first"]}
    declared = [(r, m, "all") for kind, metrics in card.outputs.items() for r in names[kind] for m in metrics]
    budgets = [("joint", m, b) for b in protocol.label_budgets for m in ("bits", "accuracy") if card.budgets]
    assert sorted((s.readout, s.metric, s.labels) for s in found) == sorted(declared + budgets)
    assert all(math.isfinite(s.value) and s.n == len(data.split(0).test) for s in found)
    assert found == read()
    beyond = [
        s.value - s.chance
        for s in found
        if s.metric in ("bits", "accuracy") and (s.readout, s.labels) == ("joint", "all")
    ]
    assert all(b > 0.1 for b in beyond)


@pytest.mark.parametrize("name", PROBES.names())
def test_its_card_is_words(name):
    words = probe_named(name).card.as_dict()
    assert words["title"] and words["reads"] and words["gives"] and PROBES.get(name).__doc__


def test_the_protocols_probes_are_registered_and_read_a_pair(pair):
    assert not_applicable([probe_named(name) for name in STANDARD.probes], pair[0]) == {}

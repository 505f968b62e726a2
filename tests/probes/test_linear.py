"""The linear probe against scikit-learn, and metrics against their definitions."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, log_loss

from sslbench.config import STANDARD
from sslbench.data.dataset import load_dataset
from sslbench.data.streams import encoding_of
from sslbench.probes.linear import LinearFit, normalise
from sslbench.probes.metrics import bits_score, class_prior, hit_scores
from sslbench.tasks import find_task


def parts_of(name, seed):
    dataset = load_dataset(find_task(name))
    split = dataset.split(seed)
    encoding = encoding_of(dataset.streams[0], torch.tensor(split.train)[None])
    y = next(iter(dataset.targets.values()))
    features = [
        encoding.encode(encoding.take(torch.tensor(r)[None]))[0].flatten(1)
        for r in (split.train, split.val, split.test)
    ]
    return features, [y[r] for r in (split.train, split.val, split.test)]


@pytest.mark.parametrize("name", ["digits", "breast-cancer", "switch", "fair"])
def test_agrees_with_scikit_learn_within_0_3_points(name):
    """Mean accuracy over three seeds, both with the strength chosen on val by log-loss from the same grid."""
    ours, theirs, our_loss, their_loss = [], [], [], []
    for seed in range(3):
        (x, xv, xt), (y, yv, yt) = parts_of(name, seed)
        classes = int(y.max()) + 1
        probe = LinearFit((x, y), (xv, yv), classes, STANDARD.probe_strengths, STANDARD.probe_iterations)
        log_p = probe.log_probabilities(xt)
        ours.append((log_p.argmax(1) == yt).mean())
        our_loss.append(log_loss(yt, np.exp(log_p), labels=range(classes)))
        a, av, at = (v.double().numpy() for v in normalise(x, xv, xt))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fits = [
                LogisticRegression(C=1 / (len(a) * s), max_iter=1000).fit(a, y)
                for s in STANDARD.probe_strengths
                if s >= 1e-4
            ]
        best = min(fits, key=lambda f: log_loss(yv, f.predict_proba(av), labels=range(classes)))
        theirs.append(best.score(at, yt))
        their_loss.append(log_loss(yt, best.predict_proba(at), labels=range(classes)))
    assert np.mean(ours) == pytest.approx(np.mean(theirs), abs=0.003)
    assert np.mean(our_loss) == pytest.approx(np.mean(their_loss), abs=0.01)


def test_shuffled_labels_give_no_bits():
    (x, xv, xt), (y, yv, yt) = parts_of("digits", 0)
    rng = np.random.default_rng(0)
    y, yv = rng.permutation(y), rng.permutation(yv)
    probe = LinearFit((x, y), (xv, yv), 10, STANDARD.probe_strengths, 200)
    score = bits_score(probe.log_probabilities(xt), class_prior(y, 10), yt)
    assert probe.strength >= 1 and abs(score.value) < 0.05


def test_bits_are_the_log_loss_gain_in_base_2():
    rng = np.random.default_rng(0)
    p, y = rng.dirichlet(np.ones(3), size=40), rng.integers(3, size=40)
    prior = np.array([0.2, 0.3, 0.5])
    got = bits_score(np.log(p), prior, y)
    assert got.value == pytest.approx(
        (log_loss(y, np.tile(prior, (40, 1)), labels=range(3)) - log_loss(y, p, labels=range(3))) / np.log(2)
    )
    sure = bits_score(np.log(np.eye(3)[y] * (1 - 3e-12) + 1e-12), prior, y)
    assert sure.value == pytest.approx(sure.ceiling, abs=1e-6)
    assert bits_score(np.log(np.tile(prior, (40, 1))), prior, y).value == 0


def test_hits_are_scikit_learns():
    rng = np.random.default_rng(1)
    y, predicted = rng.integers(4, size=60), rng.integers(4, size=60)
    accuracy, balanced = hit_scores(predicted, y, 4)
    assert accuracy.value == (y == predicted).mean() and accuracy.chance == np.bincount(y).max() / 60
    assert balanced.value == pytest.approx(balanced_accuracy_score(y, predicted)) and balanced.chance == 0.25


def test_balanced_accuracys_error_matches_the_bootstrap():
    rng = np.random.default_rng(2)
    y = np.r_[np.zeros(300, int), np.ones(60, int)]
    predicted = np.where(rng.random(360) < 0.8, y, 1 - y)
    boot = []
    for _ in range(2000):
        pick = np.r_[rng.integers(300, size=300), 300 + rng.integers(60, size=60)]
        boot.append(balanced_accuracy_score(y[pick], predicted[pick]))
    assert hit_scores(predicted, y, 2)[1].se == pytest.approx(np.std(boot), rel=0.1)

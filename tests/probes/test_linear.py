"""The linear probe against scikit-learn, and metrics against their definitions."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, log_loss

from sslbench.config import STANDARD
from sslbench.data.dataset import load_dataset
from sslbench.data.streams import encoding_of
from sslbench.probes.folds import fold_of
from sslbench.probes.linear import fold_losses, linear_fit, normalise
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


def together(name, seed):
    """Train and val together, and test."""
    (x, xv, xt), (y, yv, yt) = parts_of(name, seed)
    return torch.cat([x, xv]), np.concatenate([y, yv]), xt, yt


def sklearn_fit(x, y, strength):
    """Of two classes scikit-learn penalises one vector, where softmax has two of half its length."""
    strength /= 2 if y.max() == 1 else 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return LogisticRegression(C=1 / (len(x) * strength), max_iter=1000).fit(x, y)


@pytest.mark.parametrize("name", ["digits", "breast-cancer", "switch", "fair"])
def test_agrees_with_scikit_learn_within_0_3_points(name):
    """Mean accuracy and log-loss over three folds, scikit-learn at the strength that was chosen."""
    ours, theirs, our_loss, their_loss = [], [], [], []
    for seed in range(3):
        x, y, xt, yt = together(name, seed)
        classes = int(y.max()) + 1
        probe = linear_fit(x, y, classes, STANDARD)
        log_p = probe.log_probabilities(xt)
        ours.append((log_p.argmax(1) == yt).mean())
        our_loss.append(log_loss(yt, np.exp(log_p), labels=range(classes)))
        a, at = (v.double().numpy() for v in normalise(x, xt))
        other = sklearn_fit(a, y, probe.strengths[0])
        theirs.append(other.score(at, yt))
        their_loss.append(log_loss(yt, other.predict_proba(at), labels=range(classes)))
    assert np.mean(ours) == pytest.approx(np.mean(theirs), abs=0.003)
    assert np.mean(our_loss) == pytest.approx(np.mean(their_loss), abs=0.01)


@pytest.mark.parametrize("groups", [None, np.arange(455) // 30])
def test_the_strength_is_chosen_by_the_loss_on_held_out_folds(groups):
    x, y, *_ = together("breast-cancer", 0)
    protocol = replace(STANDARD, probe_strengths=(1e-2, 1e-1, 1.0), probe_folds=4)
    a, folds = normalise(x)[0].double().numpy(), fold_of(y, 4, groups)
    assert len(y) == 455 and (groups is None or all(len(set(folds[groups == g])) == 1 for g in range(16)))
    want = []
    for strength in protocol.probe_strengths:
        p = np.empty((455, 2))
        for k in range(4):
            p[folds == k] = sklearn_fit(a[folds != k], y[folds != k], strength).predict_proba(a[folds == k])
        want.append(log_loss(y, 0.99 * p + 0.01 * class_prior(y, 2)))
    losses = fold_losses(x, y, 2, protocol, groups)
    assert losses == pytest.approx(want, abs=5e-3) and losses.argmin() == np.argmin(want)


def test_strengths_weaker_than_the_first_that_is_worse_are_not_tried():
    x, y, *_ = together("breast-cancer", 0)
    noise = torch.randn(len(y), 30, generator=torch.Generator().manual_seed(0))
    losses = fold_losses(noise, y, 2, STANDARD, None)
    tried = np.isfinite(losses)
    assert losses.argmin() == len(losses) - 1 and tried.sum() == 2  # nothing to read: the strongest is the best
    assert np.isfinite(fold_losses(x, y, 2, STANDARD, None)).sum() >= 4


def test_folds_hold_classes_in_equal_shares_and_one_row_of_a_class_decides_nothing():
    y = np.array([0] * 50 + [1] * 24 + [2])
    folds = fold_of(y, 5)
    assert np.bincount(folds).tolist() == [15] * 5 and np.bincount(folds[:50]).tolist() == [10] * 5
    assert fold_of(y[-3:], 5).tolist() != [0, 0, 0] and fold_of(y, 5, np.zeros(75)).max() == 4
    x = torch.randn(75, 3, generator=torch.Generator().manual_seed(0)) + 2 * torch.as_tensor(y[:, None])
    losses = fold_losses(x, y, 3, STANDARD, None)
    assert losses[np.isfinite(losses)].max() < 1.2  # nats; the lone row costs log(100 / its share) / 75


def test_shuffled_labels_give_no_bits():
    x, y, xt, yt = together("digits", 0)
    probe = linear_fit(x, np.random.default_rng(0).permutation(y), 10, STANDARD)
    score = bits_score(probe.log_probabilities(xt), class_prior(y, 10), yt)
    assert probe.strengths[0] >= 1 and abs(score.value) < 0.05


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

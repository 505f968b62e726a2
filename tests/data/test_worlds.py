"""Worlds: the truth in the cards is the truth of the code, and of independent computations; every skin shows its
bits.
"""

import itertools
import math

import numpy as np
import pytest

from sslbench.data.dataset import load_dataset
from sslbench.data.worlds import glyphs
from sslbench.data.worlds.factors import factor_world
from sslbench.data.worlds.gates import GATES, draw_gate
from sslbench.data.worlds.skins import as_images, as_table, as_vectors
from sslbench.data.worlds.truth import exact_information, softmax_gap
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source, find_suite, find_task, shipped_tasks

WORLDS = sorted(n for n, t in shipped_tasks().items() if t.source.kind == "world")


def binary_entropy(p):
    return 0.0 if p in (0, 1) else -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def test_the_suite_holds_every_world():
    newest = [name for name in WORLDS if f"{name}.v2" not in WORLDS]
    assert sorted(find_suite("worlds")) == newest and len(newest) == 29


@pytest.mark.parametrize("name", WORLDS)
def test_cards_state_the_truth_of_the_code(name):
    task = find_task(name)
    truth = load_dataset(task).truth
    assert set(task.truth) == set(truth)
    for target, quantities in task.truth.items():
        known = {k: truth[target][k] for k in quantities}
        assert known == pytest.approx(quantities, abs=2e-6)


def test_switch_in_closed_form():
    a = 0.25
    both = 1 - binary_entropy(a) / 2  # s and u agree half of the time: then y is certain
    shared = 1 - binary_entropy(a / 2)
    truth = load_dataset(find_task("switch")).truth["label"]
    known = {k: truth[k] for k in ("redundancy-1", "redundancy-2", "information")}
    assert known == pytest.approx({"redundancy-1": both - shared, "redundancy-2": 0, "information": both})


def test_independence_and_redundancy_are_different_premises():
    shared = GATES["shared-nuisance"](change=0.1).truth
    channels = GATES["noisy-channels"](flip=0.1).truth
    assert shared["redundancy-1"] == 0 and shared["conditional-independence"] == pytest.approx(1 - binary_entropy(0.1))
    assert channels["conditional-independence"] == 0 and channels["redundancy-1"] == pytest.approx(0.2111, abs=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_exact_information_agrees_with_sums_over_outcomes(seed):
    p = np.random.default_rng(seed).dirichlet(np.ones(24)).reshape(3, 4, 2)
    want, shared = 0.0, 0.0  # I(Y; X1 | X2) and I(X1; X2 | Y) from their definitions
    for i, j, y in itertools.product(*map(range, p.shape)):
        want += p[i, j, y] * math.log2(p[i, j, y] * p[:, j].sum() / (p[i, j].sum() * p[:, j, y].sum()))
        shared += p[i, j, y] * math.log2(p[i, j, y] * p[:, :, y].sum() / (p[i, :, y].sum() * p[:, j, y].sum()))
    found = exact_information(p)
    assert found["redundancy-1"] == pytest.approx(want) and found["conditional-independence"] == pytest.approx(shared)


def entropy_bits(p):
    return -(p * np.log2(np.clip(p, 1e-300, 1))).sum(-1)


def test_quadrature_agrees_with_monte_carlo():
    """Logistic labels of a shared and a private factor: H(Y | S) - H(Y | S, P) by plain sampling."""
    _, truth = factor_world("logistic", (("private", 0.75), ("shared", 2.0)))
    rng = np.random.default_rng(0)
    s, p = rng.normal(size=(400, 1)), rng.normal(size=(1, 4000))
    q = 1 / (1 + np.exp(-2 * s - 0.75 * p))
    both = entropy_bits(np.stack([q, 1 - q], -1)).mean()
    mean = q.mean(1)
    assert truth["redundancy-1"] == pytest.approx(entropy_bits(np.stack([mean, 1 - mean], -1)).mean() - both, abs=0.005)


def test_binned_regression_agrees_with_monte_carlo():
    draw, truth = factor_world("gaussian", (("noise", 0.5), ("private", 0.5), ("shared", 1.0)))
    sample = draw(np.random.default_rng(0), 200_000, 2)
    s = sample.factors["value"]
    assert np.bincount(sample.y) / 200_000 == pytest.approx([0.25] * 4, abs=0.01) and s.std() == pytest.approx(
        math.sqrt(1.75), abs=0.01
    )
    from scipy.stats import norm

    edges = norm.ppf([0.25, 0.5, 0.75]) * math.sqrt(1.75)
    known = np.random.default_rng(1).normal(size=(20_000, 1))
    cdf = norm.cdf((edges - known) / math.sqrt(0.75))
    p = np.diff(np.c_[np.zeros(20_000), cdf, np.ones(20_000)], axis=1)
    left_open = entropy_bits(p).mean()
    assert 2 - left_open == pytest.approx(truth["information"] - truth["redundancy-1"], abs=0.01)


def test_softmax_gap_is_zero_without_a_private_part():
    a = np.random.default_rng(0).normal(size=(4, 3))
    assert softmax_gap(a, np.zeros((4, 1)), draws=300) == pytest.approx(0, abs=1e-12)


def linear_score(x, y):
    from sklearn.linear_model import LogisticRegression

    half = len(y) // 2
    return LogisticRegression(max_iter=300).fit(x[:half], y[:half]).score(x[half:], y[half:])


def test_every_skin_shows_its_bits():
    rng = np.random.default_rng(0)
    bits = rng.integers(2, size=(2000, 2))
    assert linear_score(as_vectors(bits, 12, rng), bits[:, 0]) > 0.99
    images = as_images(bits, 12, rng)
    assert images.shape == (2000, 1, 12, 12) and images.dtype == np.uint8
    quarter = images[:, 0, :6, :6].astype(float)
    upright = quarter.sum(1).max(1) > quarter.sum(2).max(1)  # a bar that stands fills a column
    assert (upright == bits[:, 0]).mean() > 0.98
    values, sizes = as_table(bits, 8, rng)
    assert sorted(sizes) == [0] * 4 + [4] * 4
    numbers = values[:, [j for j, s in enumerate(sizes) if s == 0]]
    assert max(np.abs(np.corrcoef(np.c_[numbers > 0, bits[:, :1]].T)[-1, :-1])) > 0.99


def test_glyphs_show_all_five_factors():
    from sklearn.ensemble import RandomForestClassifier

    rng = np.random.default_rng(0)
    factors = glyphs.draw_factors(3000, rng)
    images = glyphs.render(factors, 16, rng)
    light = images.max(1).astype(float)
    steps = [np.abs(np.diff(light, axis=a)).reshape(3000, -1) for a in (1, 2)]
    order = np.sort(np.c_[light.reshape(3000, -1)])[:, -80:], np.sort(np.concatenate(steps, 1))[:, -80:]
    pixels, unplaced = images.reshape(3000, -1), np.concatenate(order, 1)  # texture shows wherever the glyph lies
    for name, least in {"shape": 0.8, "texture": 0.9, "colour": 0.95, "angle": 0.55, "position": 0.95}.items():
        x, y = unplaced if name == "texture" else pixels, factors[name]
        score = RandomForestClassifier(60, random_state=0).fit(x[:2000], y[:2000]).score(x[2000:], y[2000:])
        assert score > least, (name, score)


def glyph_world(name="glyphs", **options):
    return SOURCES.get("world")(Source(kind="world", name=name, options={"rows": 3000, "seed": 0, **options}))


def test_centred_glyphs_show_their_factors_only_to_who_learns_them():
    """A forest reads shape and angle from pixels; a texture that starts anywhere takes more than single pixels."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    raw = glyph_world(layout="centred")
    x = raw.streams[0].values.numpy().reshape(3000, -1) / 255
    assert set(raw.targets) == {"shape", "texture", "colour", "angle"}
    fit = lambda model, y: model.fit(x[:2000], y[:2000]).score(x[2000:], y[2000:])  # noqa: E731
    for name, least in {"shape": 0.85, "angle": 0.75, "colour": 0.95}.items():
        assert (score := fit(RandomForestClassifier(60, random_state=0), raw.targets[name])) > least, (name, score)
    assert fit(LogisticRegression(C=0.01, max_iter=300), raw.targets["texture"]) < 0.6


def test_glyph_twins_share_shape_and_turn_and_nothing_else():
    """A forest trained on left drawings reads the shared factors from right ones, and nothing of the left's texture."""
    from sklearn.ensemble import RandomForestClassifier

    raw = glyph_world("glyph-twins")
    left, right = (s.values.numpy().reshape(3000, -1) / 255 for s in raw.streams)
    for name, least, most in (("shape", 0.85, 1.0), ("angle", 0.75, 1.0), ("left-texture", 0.0, 0.37)):
        model = RandomForestClassifier(60, random_state=0).fit(left[:2000], raw.targets[name][:2000])
        assert least < model.score(right[2000:], raw.targets[name][2000:]) <= most, name


def test_glyphs_refuse_a_layout_that_does_not_exist():
    with pytest.raises(DataError, match="quarters or centred; got 'left'"):
        glyph_world(layout="left")


def test_captions_share_what_their_truth_says():
    raw = SOURCES.get("world")(
        Source(kind="world", name="glyph-captions", options={"rows": 4000, "seed": 0, "said": 0.5})
    )
    words = raw.streams[1].values.numpy().astype(int)
    assert (words[:, 0] // 2 == raw.targets["shape"]).all() and (words[:, 2] == raw.targets["mood"]).all()
    said = words[:, 1] < glyphs.COLOURS
    assert said.mean() == pytest.approx(0.5, abs=0.03) and (words[said, 1] == raw.targets["colour"][said]).all()
    assert raw.truth["colour"]["redundancy-1"] == pytest.approx(1.0)  # half of two bits is in the image alone
    assert raw.truth["match"] == pytest.approx(
        {"redundancy-1": 1, "redundancy-2": 1, "information": 1, "conditional-independence": 1}
    )


def test_paired_digits_never_show_one_scan_twice():
    raw = SOURCES.get("world")(
        Source(kind="world", name="paired-digits", options={"rows": 1500, "seed": 0, "mix": 0.5})
    )
    one, two = (s.values.flatten(1).numpy() for s in raw.streams)
    assert not {r.tobytes() for r in one} & {r.tobytes() for r in two}
    assert len(np.unique(raw.groups)) == len({r.tobytes() for r in one})


def test_gates_are_drawn_with_their_probabilities():
    gate = GATES["noisy-channels"](flip=0.1)
    first, second, y = draw_gate(gate, 40_000, np.random.default_rng(0))
    assert (first[:, 0] == y).mean() == pytest.approx(0.9, abs=0.01)
    assert ((first == y[:, None]) & (second == y[:, None])).mean() == pytest.approx(0.81, abs=0.01)


def test_an_unknown_world_is_named():
    with pytest.raises(DataError, match="no world 'nand'; there are"):
        SOURCES.get("world")(Source(kind="world", name="nand", options={"rows": 10}))
    with pytest.raises(DataError, match="skin is vectors, table or images"):
        SOURCES.get("world")(Source(kind="world", name="xor", options={"rows": 10, "skin": "sound"}))

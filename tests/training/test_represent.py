"""Regimes, checkpoints and settings change how runs share the device, never what they find."""

from dataclasses import dataclass, replace

import pytest
import torch

from sslbench.config import STANDARD, Run
from sslbench.data.dataset import load_dataset
from sslbench.methods.base import JointEmbedding, SingleRun
from sslbench.methods.card import Card
from sslbench.methods.settings import PerRun, space, tunable
from sslbench.registry import METHODS
from sslbench.submissions.contract import tasks_of
from sslbench.tasks import EncoderSpec, find_task
from sslbench.training import checkpoint as checkpoint_module
from sslbench.training.checkpoint import Checkpoint, read_tensors, save_tensors
from sslbench.training.placement import Placement, Work, choose, work_of
from sslbench.training.represent import represent
from sslbench.training.search import RATE, alike, candidates
from sslbench.training.step import TrainStep

CPU = torch.device("cpu")
SHORT = replace(STANDARD, step_scale=0.03)  # 12 to 15 steps


def method(name):
    return METHODS.get(name).build()


def data(task="wine", **changes):
    return load_dataset(find_task(task).model_copy(update=changes))


@pytest.mark.parametrize("at_once", [1, 2])
@pytest.mark.parametrize(
    "name", ["vicreg", "byol", "supervised", "denoising-ae", "nnclr", "dino", "binrecon", "simsiam"]
)
def test_runs_in_turn_equal_runs_side_by_side(name, at_once):
    """In turn the second run begins again in the memory of the first."""
    stacked = represent(
        method(name), data(), (Run(0, 0), Run(1, 1), Run(2, 2)), SHORT, CPU, placement=Placement("stacked", 3, 0.0)
    )
    in_turn = represent(
        method(name),
        data(),
        (Run(0, 0), Run(1, 1), Run(2, 2)),
        SHORT,
        CPU,
        placement=Placement("in turn", at_once, 0.0),
    )
    assert torch.equal(stacked.h["table"], in_turn.h["table"]) and stacked.trace == in_turn.trace


@pytest.mark.parametrize("name", ["byol", "supervised", "tico", "simsiam"])
def test_a_killed_training_goes_on_from_its_checkpoint_as_if_undisturbed(monkeypatch, tmp_path, name):
    whole = represent(method(name), data(), (Run(0, 0), Run(1, 1)), SHORT, CPU)
    monkeypatch.setattr(checkpoint_module, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr(Checkpoint.__init__, "__defaults__", (0.0,))
    step, taken = TrainStep.step, []

    def until_5(self, *batch):
        if len(taken) == 5:
            raise KeyboardInterrupt
        taken.append(1)
        step(self, *batch)

    monkeypatch.setattr(TrainStep, "step", until_5)
    with pytest.raises(KeyboardInterrupt):
        represent(method(name), data(), (Run(0, 0), Run(1, 1)), SHORT, CPU, checkpoints=(tmp_path, ["a", "b"]))
    assert [f.name for f in tmp_path.iterdir()] == ["a-b.safetensors"]
    counted = []
    monkeypatch.setattr(TrainStep, "step", lambda self, *batch: (counted.append(1), step(self, *batch)))
    resumed = represent(method(name), data(), (Run(0, 0), Run(1, 1)), SHORT, CPU, checkpoints=(tmp_path, ["a", "b"]))
    assert len(counted) == 12 - 5 and torch.equal(resumed.h["table"], whole.h["table"])
    assert resumed.trace == whole.trace and not list(tmp_path.iterdir())


def test_a_checkpoint_that_is_torn_or_of_other_shapes_is_not_used(tmp_path):
    save_tensors(tmp_path / "a-b.safetensors", {"clock": torch.ones(3)})
    whole = represent(method("vicreg"), data(), (Run(0, 0), Run(1, 1)), SHORT, CPU)
    for spoil in (lambda f: f, lambda f: f.write_bytes(f.read_bytes()[:20]) if f.exists() else f.write_bytes(b"x")):
        spoil(tmp_path / "a-b.safetensors")
        again = represent(
            method("vicreg"), data(), (Run(0, 0), Run(1, 1)), SHORT, CPU, checkpoints=(tmp_path, ["a", "b"])
        )
        assert torch.equal(again.h["table"], whole.h["table"])


def test_tensors_come_back_as_they_were(tmp_path):
    base = torch.arange(12.0).view(3, 4)
    save_tensors(tmp_path / "x.safetensors", {"a": base[:, 1], "b": base})
    back = read_tensors(tmp_path / "x.safetensors", "cpu")
    assert torch.equal(back["a"], base[:, 1]) and torch.equal(back["b"], base)
    assert [f.name for f in tmp_path.iterdir()] == ["x.safetensors"]


def test_the_cost_model_stacks_small_encoders_and_spares_large_ones():
    wine, simclr = data(), method("simclr")
    assert str(choose(work_of(simclr, wine, STANDARD), 3, "cpu")) == "stacked x3"
    conv = data("digits", encoder=EncoderSpec(name="conv", rep_dim=64))
    assert str(choose(work_of(simclr, conv, STANDARD), 3, "cpu")) == "in turn"
    assert choose(work_of(simclr, conv, STANDARD), 3, "cuda").name == "stacked"
    large = data("digits", encoder=EncoderSpec(name="resnet18", rep_dim=512))
    work = work_of(simclr, large, STANDARD)
    assert str(choose(work, 3, "cpu")) == "large"
    # a ResNet-18 step on 8x8 scans: 256 views, about 1.1 GFLOP x (8/32)^2 forward, three times that with backward
    assert work.flops == pytest.approx(256 * 3 * 1.11e9 / 16, rel=0.1)


def test_runs_that_do_not_fit_the_memory_go_in_parts():
    work = Work(flops=1e8, bytes=1e9, kind="dense", stacks=True)
    assert choose(work, 8, "cpu", memory=6e9).at_once == 3 and choose(work, 8, "cpu", memory=1e6).at_once == 1


def test_candidates_begin_with_the_default_and_do_not_depend_on_their_number():
    few, many = (candidates(method("vicreg"), n, 3, STANDARD) for n in (3, 6))
    assert few == many[:3] and few[0] == method("vicreg").settings() | {RATE: STANDARD.learning_rate}
    ranges = space(method("vicreg"))
    assert len(ranges) == 2 and all(low <= c[k] <= high for c in many[1:] for k, (low, high) in ranges.items())
    assert len({c[RATE] for c in many}) == 6
    assert candidates(method("pca"), 5, 0, STANDARD) == [{}]


@pytest.mark.parametrize("name", [n for n in METHODS.names() if space(METHODS.get(n).build())])
def test_stacked_settings_train_as_each_setting_alone(name):
    """Weights, temperatures and learning rates as one tensor over runs; what cannot be one is trained in turn."""
    dataset = data(tasks_of(method(name), ("wine", "breast-cancer-views"))[0])
    variants = candidates(method(name), 3, 0, STANDARD)
    try:
        many = represent(method(name), dataset, (Run(0, 0), Run(0, 0), Run(0, 0)), SHORT, CPU, variants=variants)
    except TypeError:
        # a view's strength, an initial value, a count of masked tokens and a weight that rises are numbers
        assert name in ("scarf", "clip", "siglip", "cross-self", "symile", "gram", "triangle", "mae", "jepa", "t-jepa")
        return
    for i, variant in enumerate(variants):
        alone = represent(method(name), dataset, (Run(0, 0),), SHORT, CPU, variants=[variant])
        steps, values = zip(*many.trace[i], strict=True)
        assert steps == tuple(s for s, _ in alone.trace[0])
        assert values == pytest.approx([v for _, v in alone.trace[0]], rel=1e-3)
        for stream in alone.h:  # a bias before a norm moves by rounding only, and AdamW makes full steps of it
            assert torch.allclose(many.h[stream][i], alone.h[stream][0], atol=0.05)


def test_alike_keeps_apart_what_are_not_numbers():
    assert alike([{"a": 1.0, "b": 2}, {"a": 2.0, "b": 3}, {"a": 3.0, "b": 2}]) == [[0, 2], [1]]


def test_a_number_per_run_meets_the_leading_axis():
    t, x = PerRun(torch.tensor([1.0, 2.0])), torch.ones(2, 3, 4)
    assert (x / t)[:, 0, 0].tolist() == [1, 0.5] and (t * x.sum((1, 2))).tolist() == [12, 24]
    assert (1 / t).values.tolist() == [1, 0.5] and (x < t)[:, 0, 0].tolist() == [False, True]
    assert (2 - t * 2 + 1).values.tolist() == [1, -1] and (-t).values.tolist() == [-1, -2]
    with pytest.raises(TypeError, match="differs between runs"):
        float(t)
    with pytest.raises(TypeError, match="differs between runs"):
        bool(t)


@dataclass(frozen=True)
class PlainMSE(SingleRun):
    """The loss of one run. Source: a test. Deviation: none."""

    card = Card(title="Plain", family="contrastive", source="a test")
    branch: bool = False
    weight: float = tunable(1.0, 0.1, 10.0)

    def loss_of_run(self, z1, z2):
        if self.branch and z1.sum() > 1e9:  # vmap cannot follow this
            return z1.sum()
        return self.weight * (z1 - z2).square().mean() - z1.std(0).mean()


@dataclass(frozen=True)
class StackedMSE(JointEmbedding):
    """The same over runs. Source: a test. Deviation: none."""

    card = Card(title="Stacked", family="contrastive", source="a test")

    def loss(self, z1, z2):
        return (z1 - z2).square().mean((1, 2)) - z1.std(1).mean(1)


@pytest.mark.parametrize("branch", [False, True])
def test_a_loss_of_one_run_is_mapped_over_runs_or_looped_but_never_refused(branch):
    plain, stacked = (
        represent(m, data(), (Run(0, 0), Run(1, 1)), SHORT, CPU).h["table"] for m in (PlainMSE(branch), StackedMSE())
    )
    assert torch.allclose(plain, stacked, atol=1e-4)
    with pytest.raises(TypeError, match="differs between runs"):
        PlainMSE(weight=PerRun(torch.ones(2))).loss(torch.zeros(2, 4, 3), torch.zeros(2, 4, 3))


def test_bfloat16_trains_to_nearly_the_same():
    half = represent(method("vicreg"), data(), (Run(0, 0),), replace(SHORT, precision="bfloat16"), CPU).h["table"]
    full = represent(method("vicreg"), data(), (Run(0, 0),), SHORT, CPU).h["table"]
    assert half.dtype == torch.float32 and not torch.equal(half, full)
    assert torch.nn.functional.cosine_similarity(half, full, dim=-1).median() > 0.99


def test_a_checkpoint_holds_named_tensors_and_refuses_those_of_another_shape(tmp_path):
    state = {"weights": torch.arange(6.0).view(2, 3), "clock": torch.tensor(4)}
    place = Checkpoint(tmp_path, "a", every=0.0)
    place.save_if_due(state)
    other = {"weights": torch.zeros(2, 3), "clock": torch.tensor(0)}
    assert place.restore(other) and torch.equal(other["weights"], state["weights"]) and int(other["clock"]) == 4
    wider = {"weights": torch.zeros(2, 4), "clock": torch.tensor(0)}
    assert not place.restore(wider) and int(wider["clock"]) == 0
    place.remove()
    assert not place.restore(other)

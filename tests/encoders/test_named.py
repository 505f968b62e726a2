"""Any network of timm by its name, and tasks with another encoder than their card's."""

import pytest
import timm
import torch

from sslbench.config import RunOptions
from sslbench.draws import Draw
from sslbench.encoders.timm_models import TimmModel
from sslbench.errors import DataError, UnknownName, UsageError
from sslbench.records.identity import task_digest
from sslbench.runner.plan import make_plan
from sslbench.runner.recording import seen_before
from sslbench.tasks import find_task
from sslbench.tasks.named import SEEN


@pytest.mark.parametrize("model", ["vit_tiny_patch16_224", "convnext_atto", "mobilenetv3_small_050"])
def test_a_timm_network_gives_the_width_that_its_name_promises(model):
    encoder = TimmModel(Draw([0]), (1, 32, 32), TimmModel.width_of(model), model=model)
    assert encoder(torch.rand(1, 3, 1, 32, 32)).shape == (1, 3, TimmModel.width_of(model))


def test_a_task_with_another_encoder_is_another_task():
    card = find_task("digits")
    other, third = find_task("digits@resnet18"), find_task("digits@timm:convnext_atto")
    assert (other.name, other.encoder.name, other.encoder.rep_dim) == ("digits.resnet18", "resnet18", 512)
    assert third.name == "digits.timm-convnext-atto" and third.encoder.options == {"model": "convnext_atto"}
    assert len({task_digest(t) for t in (card, other, third)}) == 3
    plan = make_plan(RunOptions(methods=("random-encoder",), tasks=("digits",), encoder="resnet18", quick=True), [])
    assert [t.name for t in plan.tasks] == ["digits.resnet18"] and plan.packs


def test_pretrained_weights_are_marked_and_start_every_init_alike(monkeypatch):
    task = find_task("digits@timm:resnet18+pretrained")
    assert SEEN in task.description and seen_before(task) == f"encoder resnet18: {SEEN}"
    assert seen_before(find_task("digits@timm:resnet18")) == ""
    create, asked = timm.create_model, []

    def without_network(name, pretrained, **options):
        asked.append(pretrained)
        net = create(name, pretrained=False, **options)
        if pretrained:
            torch.nn.init.constant_(net.conv1.weight, 0.5)
        return net

    monkeypatch.setattr(timm, "create_model", without_network)
    nets = TimmModel(Draw([0, 1]), (1, 32, 32), 512, **task.encoder.options).nets
    assert all((net.conv1.weight == 0.5).all() for net in nets)
    asked.clear()
    TimmModel(Draw([0]), (1, 32, 32), 512)
    assert not any(asked), "weights are downloaded only when asked for"


def test_what_is_wrong_with_an_encoder_is_named(monkeypatch):
    with pytest.raises(UnknownName, match=r"unknown timm model 'resnet81'.*resnet18"):
        find_task("digits@timm:resnet81")
    with pytest.raises(UsageError, match=r"only timm's own networks .*timm:resnet18\+pretrained"):
        find_task("digits@resnet18+pretrained")
    with pytest.raises(UsageError, match="takes images, and task wine is a table"):
        find_task("wine@resnet18")
    with pytest.raises(UsageError, match="timm's vit_tiny_patch16_224 does not take images of 3x8x8"):
        TimmModel(Draw([0]), (3, 8, 8), 192, model="vit_tiny_patch16_224")

    def offline(name, pretrained, **options):
        if pretrained:
            raise OSError("no route to host")
        return real(name, pretrained=False, **options)

    real = timm.create_model
    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(DataError, match=r"weights of timm's resnet18 could not be had: no route to host.* internet"):
        TimmModel(Draw([0]), (3, 32, 32), 512, pretrained=True)

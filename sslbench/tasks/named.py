"""A task with another encoder than its card's: cifar10@resnet18, cifar10@timm:convnext_atto+pretrained."""

import re

from sslbench.errors import UsageError
from sslbench.registry import ENCODERS
from sslbench.tasks.card import EncoderSpec, Task

SEEN = "seen in pretraining"  # what is said of a representation whose weights have learnt from other images


def with_encoder(task: Task, text: str) -> Task:
    """The same task under a name of its own, with the encoder that `text` names.

    text: a registered encoder (with its own defaults), or timm:MODEL or timm:MODEL+pretrained. Raises UnknownName, and
    UsageError for an encoder of images on other data.
    """
    model, pretrained = re.fullmatch(r"(?:timm:)?(.*?)(\+pretrained)?", text).groups()
    if text.startswith("timm:"):
        options = {"model": model} | ({"pretrained": True} if pretrained else {})
        spec = EncoderSpec(name="timm", rep_dim=ENCODERS.get("timm").width_of(model), options=options)
    elif pretrained:
        raise UsageError(f"only timm's own networks come with weights: timm:{model}+pretrained")
    else:
        spec = EncoderSpec(name=text, rep_dim=getattr(ENCODERS.get(text), "width", task.encoder.rep_dim))
    if task.modality == "tabular" and spec.name != "mlp":
        raise UsageError(f"encoder {text} takes images, and task {task.name} is a table; its card's encoder is an mlp")
    name = "-".join(re.findall(r"[a-z0-9]+", text.lower()))
    said = f" Encoder: {text}" + (f", whose weights have learnt from other images: {SEEN}." if pretrained else ".")
    return task.model_copy(
        update={"name": f"{task.name}.{name}", "encoder": spec, "description": task.description + said}
    )

"""A trained encoder as probes may use it: its parameters apart, and what it makes of rows with them."""

import numpy as np
import torch
from torch import Tensor, nn

from sslbench.config import Protocol, Run
from sslbench.data.dataset import Dataset
from sslbench.data.streams import encoding_of
from sslbench.draws import Draw
from sslbench.methods.base import Method
from sslbench.training.networks import FUSED, Networks


def restored(
    method: Method, dataset: Dataset, run: Run, protocol: Protocol, state: dict[str, Tensor], device: torch.device
) -> tuple[Networks, list]:
    """One run's networks with the encoders, and the fusion, of a state from `encoder_state`; and its encodings."""
    train = torch.tensor(dataset.split(run.fold).train, device=device)[None]
    encodings = [encoding_of(stream, train) for stream in dataset.streams]
    classes = {t: int(y.max()) + 1 for t, y in dataset.targets.items()}
    nets = Networks(method, dataset.task, encodings, classes, Draw((run.init,), device).of("networks"), protocol)
    prefix = f"{FUSED}."
    nets.encoders.load_state_dict({k: v for k, v in state.items() if not k.startswith(prefix)})
    if nets.fuses:
        fusion = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
        nets.heads["fusion"].load_state_dict(fusion)
    return nets, encodings


class _Forward(nn.Module):
    """All streams' inputs -> their representations, or the fused one alone."""

    def __init__(self, nets: Networks):
        super().__init__()
        self.nets = nets.eval()

    def forward(self, inputs: list[Tensor]) -> list[Tensor]:
        h = [self.nets.encode(i, x) for i, x in enumerate(inputs)]
        return [self.nets.fuse(h)] if self.nets.fuses else h


class TrainedEncoder:
    """One run's encoder, from the state that `encoder_state` gives. Its own parameters never change."""

    def __init__(
        self,
        method: Method,
        dataset: Dataset,
        run: Run,
        protocol: Protocol,
        state: dict[str, Tensor],
        device: torch.device,
    ):
        nets, self._encodings = restored(method, dataset, run, protocol, state, device)
        self._forward, self._device = _Forward(nets).requires_grad_(False), device

    def parameters(self) -> dict[str, Tensor]:
        """A copy of the encoders' parameters, and of the fusion's if there is one, by name."""
        ours = ("nets.encoders.", "nets.heads.fusion.") if self._forward.nets.fuses else ("nets.encoders.",)
        named = self._forward.named_parameters()
        return {name: value.detach().clone() for name, value in named if name.startswith(ours)}

    def represent(self, parameters: dict[str, Tensor], rows: np.ndarray) -> list[Tensor]:
        """(rows, rep_dim) of each stream, or of the fused representation alone; with gradients."""
        index = torch.as_tensor(rows, device=self._device)[None]
        inputs = [e.encode(e.take(index)) for e in self._encodings]
        return [h[0] for h in torch.func.functional_call(self._forward, parameters, (inputs,))]

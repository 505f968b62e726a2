"""Where a long pack stands, in one file that is replaced atomically; and encoders that are kept after a run.

Random numbers are a function of the step, so a run that goes on from a checkpoint ends exactly as if undisturbed.
"""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from sslbench.errors import StorageError
from sslbench.records import Identity

if TYPE_CHECKING:
    from sslbench.training.loop import BestState
    from sslbench.training.step import TrainStep

SAVE_SECONDS = 60.0  # between checkpoints: what a kill can cost


def save_tensors(file: Path, tensors: dict[str, Tensor]) -> None:
    """Write tensors as safetensors; the file is there whole or not at all. Raises StorageError."""
    from safetensors.torch import save_file

    partial = file.with_suffix(f".{os.getpid()}.partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # clones: state dicts may hold views of one storage, which the format refuses
        save_file({k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}, partial)
        os.replace(partial, file)
    except Exception as error:  # safetensors wraps errors of the disk into its own kind
        partial.unlink(missing_ok=True)
        raise StorageError(f"cannot write {file}: {error}") from None


def read_tensors(file: Path, device) -> dict[str, Tensor] | None:
    """The tensors of a file; None if it is not there or is not whole."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(file, device=str(device))
    except (FileNotFoundError, SafetensorError):
        return None


def encoder_file(results: Path, identity: Identity) -> Path:
    """Where the encoders of a run are kept."""
    return results / "encoders" / f"{identity.digest}.safetensors"


class Checkpoint:
    """The checkpoint of one training; `name` is the identity of its runs, so that no other can take it for its own."""

    def __init__(self, folder: Path, name: str, every: float = SAVE_SECONDS):
        self.file, self.every = folder / f"{name}.safetensors", every
        self._last = time.perf_counter()

    def save_if_due(self, program: "TrainStep", best: "BestState | None") -> None:
        """Save if the last time is long enough ago."""
        if time.perf_counter() - self._last >= self.every:
            save_tensors(self.file, _state(program, best))
            self._last = time.perf_counter()

    def restore(self, program: "TrainStep", best: "BestState | None") -> int:
        """Put a stored state back; returns the steps it had done, 0 if there is none."""
        stored = read_tensors(self.file, program.losses.device)
        wanted = _state(program, best)
        if stored is None or {k: v.shape for k, v in stored.items()} != {k: v.shape for k, v in wanted.items()}:
            return 0
        for key, place in wanted.items():
            place.data.copy_(stored[key])
        return int(program.clock)

    def remove(self) -> None:
        """The training is done."""
        self.file.unlink(missing_ok=True)


def _state(program: "TrainStep", best: "BestState | None") -> dict[str, Tensor]:
    """Every tensor that changes while training, at its place."""
    out = {f"nets.{k}": v for k, v in program.nets.state_dict().items()}
    out |= {f"optimiser.{k}": v for k, v in program.optimiser.state().items()}
    out |= {"clock": program.clock, "losses": program.losses}
    if best:
        out |= {f"best.{k}": v for k, v in best.state.items()} | {"best loss": best.loss}
    return out

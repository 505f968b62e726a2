"""Where a long pack stands, in one file that is replaced atomically; and encoders that are kept after a run.

Random numbers are a function of the step, so a run that goes on from a checkpoint ends exactly as if undisturbed.
"""

import os
import time
from pathlib import Path

from torch import Tensor

from sslbench.errors import StorageError
from sslbench.records import Identity

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
    """The checkpoint of one training; `name` is the identity of its runs, so that no other can take it for its own.

    What is saved and put back is a state: every tensor that changes while training, by name, each at a fixed place.
    """

    def __init__(self, folder: Path, name: str, every: float = SAVE_SECONDS):
        self.file, self.every = folder / f"{name}.safetensors", every
        self._last = time.perf_counter()

    def save_if_due(self, state: dict[str, Tensor]) -> None:
        """Save if the last time is long enough ago."""
        if time.perf_counter() - self._last >= self.every:
            save_tensors(self.file, state)
            self._last = time.perf_counter()

    def restore(self, state: dict[str, Tensor]) -> bool:
        """Put a stored state back into the tensors of this one; whether there was one of these names and shapes."""
        stored = read_tensors(self.file, next(iter(state.values())).device)
        if stored is None or {k: v.shape for k, v in stored.items()} != {k: v.shape for k, v in state.items()}:
            return False
        for key, place in state.items():
            place.data.copy_(stored[key])
        return True

    def remove(self) -> None:
        """The training is done."""
        self.file.unlink(missing_ok=True)

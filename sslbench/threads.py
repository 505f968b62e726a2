"""How a process computes while it works on small matrices: one torch thread, no denormal numbers."""

from contextlib import contextmanager

import torch


@contextmanager
def one_thread():
    """One torch thread, and numbers under 1e-38 taken as 0 (they are slow): small matrices gain nothing from more.

    Both belong to the whole process, so they are put back at the end: other code in it may rely on them.
    """
    threads, flushes = torch.get_num_threads(), flushes_denormals()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(flushes)


def flushes_denormals() -> bool:
    """Whether torch takes numbers under 1e-38 as 0."""
    return (torch.tensor(1e-39) * 1.0).item() == 0.0

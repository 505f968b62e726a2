import torch

from sslbench.threads import flushes_denormals, one_thread


def test_what_belongs_to_the_process_is_put_back():
    before = torch.get_num_threads(), flushes_denormals()
    try:
        for flush in (False, True):
            torch.set_num_threads(2)
            torch.set_flush_denormal(flush)
            with one_thread():
                assert torch.get_num_threads() == 1 and flushes_denormals()
            assert (torch.get_num_threads(), flushes_denormals()) == (2, flush)
    finally:
        torch.set_num_threads(before[0])
        torch.set_flush_denormal(before[1])

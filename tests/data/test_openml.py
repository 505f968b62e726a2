"""The real openml client, on its cache and on a server: official folds, mixed columns, gaps, faults."""

import importlib.util
import tarfile
import threading

import numpy as np
import openml
import pytest

from sslbench.data.dataset import _load as cached
from sslbench.data.dataset import load_dataset
from sslbench.errors import DataError
from sslbench.tasks import find_task


@pytest.fixture
def client(tmp_path):
    """The client with a cache of its own and no patience; restored afterwards."""
    before = (
        openml.config.server,
        openml.config._root_cache_directory,
        openml.config.connection_n_retries,
        openml.config.retry_policy,
    )
    openml.config.set_root_cache_directory(tmp_path)
    openml.config.set_retry_policy("human", 1)
    cached.cache_clear()
    yield tmp_path
    openml.config.server, openml.config.connection_n_retries = before[0], before[2]
    openml.config.set_root_cache_directory(before[1])
    cached.cache_clear()


@pytest.fixture
def archive(shared_data, client):
    with tarfile.open(shared_data / "openml.tar.xz") as tar:
        tar.extractall(client, filter="data")
    return client


@pytest.mark.parametrize("task_id", [3, 31, 14])
def test_a_cached_task_loads_with_its_official_folds(archive, task_id):
    dataset = load_dataset(find_task(f"openml:{task_id}"))
    task = openml.tasks.get_task(task_id, download_data=False, download_qualities=False)
    for fold in (0, 3):
        train, test = task.get_train_test_split_indices(fold=fold, repeat=0)
        split = dataset.split(fold)
        assert set(split.test) == set(test) and set(split.train) | set(split.val) <= set(train)
    assert len(dataset.splits) == 10


def test_gaps_and_categories_come_through(archive):
    dataset = load_dataset(find_task("openml:31"))  # credit-g: 7 numbers, 13 categories
    sizes = np.array(dataset.streams[0].columns.sizes)
    assert (sizes == 0).sum() == 7 and (sizes > 0).sum() == 13 and dataset.rows == 1000


@pytest.fixture
def server(shared_data, client):
    """The mirror beside the data, on loopback."""
    file = shared_data.parent / "tools" / "openml_mirror.py"
    if not file.is_file():
        pytest.skip("no OpenML mirror")
    spec = importlib.util.spec_from_file_location("openml_mirror", file)
    mirror = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(mirror)
    running = mirror.make_server(mirror.unpack())
    threading.Thread(target=running.serve_forever, daemon=True).start()
    openml.config.server = f"http://127.0.0.1:{running.server_port}/api/v1/xml"
    yield running
    running.shutdown()


def test_a_task_is_downloaded(server, client):
    assert load_dataset(find_task("openml:31")).rows == 1000
    assert any(client.rglob("dataset.arff"))


def test_a_task_that_does_not_exist_is_a_data_error(server):
    with pytest.raises(DataError, match=r"OpenML task 999999 could not be loaded.*internet"):
        load_dataset(find_task("openml:999999"))

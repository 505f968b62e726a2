"""Any OpenML classification task, through the openml client: its cache, its download, its official folds."""

import numpy as np

from sslbench.data.streams import Raw
from sslbench.data.tables import labels_of, table_stream
from sslbench.errors import DataError, SslbenchError
from sslbench.registry import SOURCES
from sslbench.tasks import Source


@SOURCES.register("openml")
def openml_source(source: Source) -> Raw:
    """The table of task `source.name`; repeat 0 of its folds. Raises DataError if the client cannot give it."""
    import openml

    try:
        task = openml.tasks.get_task(
            int(source.name), download_data=True, download_splits=True, download_qualities=False
        )
        data = task.get_dataset()
        frame, target, _, _ = data.get_data(target=task.target_name)
        _, folds, _ = task.get_split_dimensions()
        tests = tuple(np.sort(task.get_train_test_split_indices(fold=f, repeat=0)[1]) for f in range(folds))
    except SslbenchError:
        raise
    except Exception as error:
        raise DataError(
            f"OpenML task {source.name} could not be loaded: {type(error).__name__}: {error}. "
            f"The first use needs the internet; later ones the client's cache at {openml.config.get_cache_directory()}"
        ) from None
    return Raw((table_stream(frame),), {"class": labels_of(target)}, folds=tests)

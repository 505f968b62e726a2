"""OpenML: classification tasks on their official folds, and suites of tasks, by way of the openml client's cache.

The client takes a second to import and makes folders when it is: it is imported at the first load.
"""

from sslbench.data.streams import Raw
from sslbench.registry import SOURCES, SUITES
from sslbench.tasks import Source


@SOURCES.register("openml")
def openml_source(source: Source) -> Raw:
    """The table of task `source.name`; repeat 0 of its folds. Option keep: columns not to drop, "column, column".

    Raises DataError if neither the client's cache nor the server can give it.
    """
    from sslbench.data.openml.source import load_raw

    return load_raw(source.name, **source.options)


@SUITES.register("openml")
def openml_suite(number: str) -> tuple[str, ...]:
    """The names of the tasks of OpenML's suite `number`, as find_task knows them; raises UsageError, DataError."""
    from sslbench.data.openml.suite import load_suite

    return load_suite(number)

"""Any suite of OpenML tasks by its id; fetched once, then from the cache."""

import openml

from sslbench.data.openml.cache import held
from sslbench.data.openml.descriptions import read_suite
from sslbench.errors import DataError, UsageError


def load_suite(number: str) -> tuple[str, ...]:
    """The names of the tasks of OpenML's suite `number`, as find_task knows them; raises UsageError, DataError."""
    if not number.isdigit():
        raise UsageError(f"openml:<suite id> needs a number, as in openml:99 (OpenML-CC18); got openml:{number}")
    try:
        with held("sslbench-suites", number) as folder:
            tasks = folder.file("study.xml", f"{openml.config.server}/study/{number}", read_suite)
    except DataError as error:
        raise DataError(
            f"OpenML suite {number} could not be loaded: {error}. The first use needs the internet"
        ) from None
    return tuple(f"openml:{task}" for task in tasks)

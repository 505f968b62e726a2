"""Survey tables of statsmodels: the marriage survey of Fair, the health insurance experiment of RAND."""

import numpy as np
import pandas as pd

from sslbench.data.installed import choose, package_file
from sslbench.data.streams import Raw
from sslbench.data.tables import table_stream
from sslbench.registry import SOURCES
from sslbench.tasks import Source


@SOURCES.register("statsmodels")
def statsmodels_source(source: Source) -> Raw:
    """Survey tables of statsmodels: fair, randhie (one table), randhie-sides (plan and person)."""
    return choose(source, {"fair": _fair, "randhie": _randhie, "randhie-sides": _randhie_sides})


def _fair() -> Raw:
    from statsmodels.datasets import fair

    data = fair.load_pandas().data
    columns = data.drop(columns="affairs")
    for nominal in ("occupation", "occupation_husb"):
        columns[nominal] = pd.Categorical(columns[nominal].astype(int))
    return Raw((table_stream(columns),), {"affair": (data["affairs"] > 0).to_numpy().astype(np.int64)})


PLAN = ("site", "coins", "idp", "mdeoff", "pioff", "income", "num", "educdec", "tookphys", "year")
PERSON = ("xage", "female", "child", "black", "mhi", "disea", "physlm", "ghindx", "health")


def _answers() -> tuple[pd.DataFrame, dict[str, np.ndarray], np.ndarray]:
    """One row per person and year of the experiment: columns, targets, and the person each row is about.

    The full table (statsmodels' randhie/src) keeps the person's number, which the short one lacks.
    """
    data = pd.read_csv(package_file("statsmodels", "datasets/randhie/src/randhie.csv"))
    rated = data[["hlthg", "hlthf", "hlthp"]].to_numpy() @ np.array([1, 2, 3])  # 0: excellent
    data["health"] = pd.Categorical(rated.astype(int))
    data["site"] = pd.Categorical(data["site"].astype(int))
    targets = {
        "visits": np.searchsorted([1, 4], data["mdvis"], side="right"),  # none, 1-3, 4 or more
        "drugs": (data["drugdol"] > 0).to_numpy().astype(np.int64),
    }
    return data, targets, np.unique(data["zper"], return_inverse=True)[1]


def _randhie() -> Raw:
    data, targets, person = _answers()
    return Raw((table_stream(data[[*PLAN, *PERSON]]),), targets, person)


def _randhie_sides() -> Raw:
    data, targets, person = _answers()
    return Raw((table_stream(data[[*PLAN]], "plan"), table_stream(data[[*PERSON]], "person")), targets, person)

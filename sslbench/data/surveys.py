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


FAMILIES = 8  # of one group
PLAN = ("site", "coins", "idp", "mdeoff", "pioff", "income", "num", "educdec", "tookphys", "year")
PERSON = ("xage", "female", "child", "black", "mhi", "disea", "physlm", "ghindx", "health")


def _answers() -> tuple[pd.DataFrame, dict[str, np.ndarray], np.ndarray]:
    """One row per person and year of the experiment: columns, targets, and each row's group of FAMILIES families.

    The full table (statsmodels' randhie/src) keeps the person's number, which the short one lacks. Families are
    inferred: their members have successive numbers, and a jump begins the next. Who joined later has a later number, so
    a few families are in two groups; a person never is.
    """
    data = pd.read_csv(package_file("statsmodels", "datasets/randhie/src/randhie.csv"))
    rated = data[["hlthg", "hlthf", "hlthp"]].to_numpy() @ np.array([1, 2, 3])  # 0: excellent
    data["health"] = pd.Categorical(rated.astype(int))
    data["site"] = pd.Categorical(data["site"].astype(int))
    targets = {
        "visits": np.searchsorted([1, 4], data["mdvis"], side="right"),  # none, 1-3, 4 or more
        "drugs": (data["drugdol"] > 0).to_numpy().astype(np.int64),
    }
    people, person = np.unique(data["zper"], return_inverse=True)
    family = np.concatenate([[0], np.cumsum(np.diff(people) > 1)])
    return data, targets, family[person] // FAMILIES


def _randhie() -> Raw:
    data, targets, group = _answers()
    return Raw((table_stream(data[[*PLAN, *PERSON]]),), targets, group)


def _randhie_sides() -> Raw:
    data, targets, group = _answers()
    return Raw((table_stream(data[[*PLAN]], "plan"), table_stream(data[[*PERSON]], "person")), targets, group)

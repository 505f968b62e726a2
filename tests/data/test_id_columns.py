"""What counts as a column that names rows, and what does not."""

import numpy as np
import pandas as pd

from sslbench.data.id_columns import id_columns


def test_columns_that_name_rows_are_found_and_no_others():
    rng, n = np.random.default_rng(0), 60
    frame = pd.DataFrame(
        {
            "number": np.arange(n),
            "serial": rng.permutation(10_000)[:n].astype(float),
            "name": pd.Categorical([f"row {i}" for i in range(n)]),
            "Instance_name": [f"gene {min(i, n - 3)}" for i in range(n)],  # two rows share one
            "id": np.r_[0, 0, np.arange(2, n)] + 0.5,
            "index": rng.integers(0, 9, n),  # a refractive index, say
            "measured": rng.normal(size=n),
            "count": np.r_[0, np.arange(n - 1)],
            "kind": pd.Categorical(rng.choice(list("abc"), n)),
        }
    )
    assert list(id_columns(frame)) == ["number", "serial", "name", "Instance_name", "id"]
    assert not id_columns(frame[["serial"]].head(12))

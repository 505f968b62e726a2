"""The table of sweeps: which rows count, and which strengths they support."""

from sslbench.records.sweep import SweepRow
from sslbench.tables.sweep import default_in_words, supported_strengths, sweep_table


def row(strength, verdict, value=0.1, n=100, target="y", view="swap"):
    shared = {"shared": 1.0, "shared_low": 0.9, "shared_high": 1.1}
    rest = {"low": value - 0.05, "high": value + 0.05, "tolerance": 0.05, "power": "yes", "item": 0.5, "flip_rate": 0.2}
    where = {"task": "t", "target": target, "view": view, "strength": strength, "options": "{}", "n": n}
    return SweepRow(**where, verdict=verdict, value=value, **rest, **shared, seconds=1.0, identity="i", code="c")


def test_nothing_beyond_a_violated_strength_is_supported():
    points = [row(0.2, "holds", 0.01), row(0.4, "undecided"), row(0.6, "violated"), row(0.8, "undecided")]
    table = sweep_table([*points[::-1], row(0.2, "violated", target="z"), row(2.0, "holds", target="z", view="noise")])
    assert list(table[table["target"] == "y"]["supported"]) == [True, True, False, False]
    found = supported_strengths(table).set_index(["target", "view"])[["supported", "within", "shown"]].T.to_dict("list")
    assert found == {("y", "swap"): [0.4, 0.2, 0.2], ("z", "noise"): [2.0, 0.0, 2.0], ("z", "swap"): [0.0, 0.0, 0.0]}
    words = default_in_words(table, "t", "swap", 0.6)
    assert (
        "y: swap at 0.6 is not supported (supported up to 0.4); a view loses 0.100 of 0.50 nats, tolerance 0.050"
        in words
    )
    assert "y: swap at 0.4 is not refuted, but its estimated loss is above" in default_in_words(table, "t", "swap", 0.4)
    assert "strength 0.6 was not swept for z" in words and default_in_words(table, "other", "swap", 0.6) == ""


def test_the_row_of_most_rows_counts_and_survival_is_the_share_that_is_left():
    points = (("holds", 0.1, 500), ("violated", 0.4, 100), ("holds", 0.2, 500))
    (found,) = sweep_table([row(0.2, verdict, value, n) for verdict, value, n in points]).to_dict("records")
    assert (found["value"], found["n"], found["supported"]) == (0.2, 500, True)
    assert [round(found[k], 6) for k in ("survival", "survival_low", "survival_high")] == [0.6, 0.5, 0.7]

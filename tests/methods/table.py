"""Write docs/methods.md: every method with its source, its deviation, its parity partner and the measured difference.

python tests/methods/table.py
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from cases import CASES, lightly_cases
from compare import compare, compare_gradients

from sslbench.methods.card import FAMILIES
from sslbench.registry import METHODS

HEAD = """# Methods, and how each is proven

Written by `python tests/methods/table.py` from the cards and from the parity cases in `tests/methods/cases.py`, which
the tests run too.

Public libraries give different losses under one name (VICReg's variance term is halved in the authors' code and not in
the paper; Barlow Twins is scaled by .025 in one library and not in another). So every method names its source and its
deviation, and its loss is compared with an independent computation: a formula in float64 NumPy
(`tests/methods/formulas.py`), and lightly's loss where lightly has one. The difference is that of the value, relative
to its size, on two runs of 24 pairs; "gradient" is the largest difference of an entry over the largest. Gradients are
checked by finite differences as well.

Where these lines were written no paper could be opened: sources and equation numbers were taken from notes and public
implementations, and an equation number may be off. The formulas in the tests are what is meant.
"""


def _number(value: float) -> str:
    return f"{value:.1e}" if value else "0.0"


def text() -> str:
    """The page."""
    proofs: dict[str, list[str]] = {}
    for case in [*CASES, *lightly_cases()]:
        gradient = f", gradient {_number(compare_gradients(case))}" if case.partner == "lightly" else ""
        found = f"{case.what}: {case.partner} {_number(compare(case))}{gradient}"
        proofs.setdefault(case.method, []).append(found)
    lines = [HEAD]
    for family in FAMILIES:
        names = [n for n in METHODS if METHODS.get(n).card.family == family and not METHODS.get(n).origin]
        if not names:
            continue
        lines += [f"## {family.capitalize()}", "", "| method | source | deviation | assumes | measured difference |"]
        lines += ["|---|---|---|---|---|"]
        for name in names:
            card = METHODS.get(name).card
            assumes = ", ".join(card.assumes) or "–"
            proof = "<br>".join(proofs.get(name, ["its parts' (see the base) and the contract tests"]))
            lines.append(f"| `{name}` | {card.source} | {card.deviation} | {assumes} | {proof} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    place = Path(__file__).resolve().parents[2] / "docs" / "methods.md"
    place.parent.mkdir(exist_ok=True)
    place.write_text(text())
    print(place)

"""What verdicts rest on and what they mean for the choice of a method, in words."""

from sslbench.assumptions.base import HOLDS, UNDECIDED, VIOLATED, Verdict
from sslbench.registry import ASSUMPTIONS, METHODS

FEWEST = 200  # rows from which on a verdict is worth asking for


def evidence_lines(verdicts: list[Verdict]) -> list[str]:
    """The statement of every assumption, and what its verdict rests on."""
    return [
        f"  {v.assumption}: {ASSUMPTIONS.get(v.assumption).card.statement}" + (f". {v.note}" if v.note else "")
        for v in verdicts
    ]


def advice(verdicts: list[Verdict]) -> list[str]:
    """What the verdicts mean for the choice of a method, one line each."""
    lines = []
    for target in dict.fromkeys(v.target for v in verdicts):
        mine = {v.assumption: v for v in verdicts if v.target == target}
        words = {name: v.verdict for name, v in mine.items()}
        n = next(iter(mine.values())).n
        if n < FEWEST:
            lines.append(f"{target}: {n} rows are few; below {FEWEST} only very large effects are decided.")
        lines += [f"{target}: {line}" for line in _advice(words, mine)]
    return lines


def _advice(words: dict[str, str], mine: dict[str, Verdict]) -> list[str]:
    asked = [n for n in words if n.startswith("redundancy-")]
    redundancy = {words.get(n) for n in ("redundancy-1", "redundancy-2", *asked)}
    out = []
    if VIOLATED in redundancy:
        card = ASSUMPTIONS.get("redundancy-1").card
        out.append(f"what one view alone knows matters. Relying on redundancy: {', '.join(card.families)}.")
        if words.get("interaction") == VIOLATED:
            fusing = _methods("fusion")
            out.append(f"part of it is synergy: fuse the views ({fusing}), as no code of one view can hold it.")
        else:
            out.append(
                "keep more than they share (families information-preserving, reconstruction); "
                "with few labels less pays."
            )
    elif redundancy == {HOLDS}:
        out.append("the views say the same about it: compressing to what they share is safe (contrastive, bottleneck).")
    elif redundancy & {UNDECIDED}:
        seen = max(v.detectable for k, v in mine.items() if k.startswith("redundancy"))
        out.append(f"redundancy is undecided; from about {seen:.3f} nats on a violation would have been seen.")
    if words.get("label-invariance") == VIOLATED:
        out.append("the views lose part of the label: weaken them, or use a method that sees the item itself.")
    if words.get("infomin") == VIOLATED and words.get("label-invariance") != VIOLATED:
        out.append("the views share much besides it: stronger views may help contrastive and joint-embedding methods.")
    return out


def _methods(need: str) -> str:
    return ", ".join(
        n for n in METHODS if need in METHODS.get(n).build().requirements and not METHODS.get(n).card.uses_labels
    )

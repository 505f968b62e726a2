"""A task's card in words, with what was measured on it, from tables alone: neither data nor torch."""

import io
from pathlib import Path

import pandas as pd

from sslbench.records.facts import asked_of_data
from sslbench.resources import shipped
from sslbench.tables.card import KNOWN, TargetCard, target_cards
from sslbench.tables.columns import TABLES
from sslbench.tasks import Task

DIGESTS = {"data": str, "of": str, "identity": str}  # hexadecimal, which may look like a number


def known_tables(results: Path) -> dict[str, pd.DataFrame]:
    """The tables that a card reads: of the results folder, else those that came with sslbench, else empty."""
    return {name: _table(results, name) for name in KNOWN}


def _table(results: Path, name: str) -> pd.DataFrame:
    file = results / "tables" / f"{name}.csv"
    try:
        text = (file if file.is_file() else shipped("results/tables") / file.name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return TABLES[name].frame([])
    return pd.read_csv(io.StringIO(text), dtype={c: t for c, t in DIGESTS.items() if c in TABLES[name].columns})


def task_words(task: Task, results: Path, called: str = "") -> dict:
    """Field -> words of a task's card; what nobody measured yet says which command does, with the task as `called`."""
    card, tables = task.model_dump(mode="json"), known_tables(results)
    tables["facts"] = tables["facts"][tables["facts"]["of"] == asked_of_data(card)]
    asked = target_cards(task.name, card, tables)
    facts = asked[0].facts
    unknown = f"not known yet; sslbench dev card {called or task.name} measures it"
    words = {field: card[field] for field in ("title", "description", "modality", "caveats")}
    words |= {"rows": unknown, "streams": unknown}
    if facts:
        tested = "each tested once" if facts["test_rows"] == facts["rows"] else f"{facts['test_rows']:,} tested"
        groups = f"; {facts['groups']:,} groups that never straddle a split" if facts["groups"] else ""
        words |= {"rows": f"{facts['rows']:,}, {tested}{groups}", "streams": facts["streams"]}
    words |= {f"target {t.name}": target_words(t) for t in asked}
    words |= {field: card[field] for field in ("views", "splits", "encoder", "budget", "source")}
    words |= {field: card[field] for field in ("licence", "licence_source", "citation", "truth")}
    words["data digest"] = facts["data"] if facts else unknown
    return {field: value for field, value in words.items() if value not in ("", {})}


def target_words(t: TargetCard) -> str:
    """What is asked, classes, chance, headroom, convergence and verdicts of one target."""
    parts = [t.title]
    if t.facts:
        parts.append(f"{t.facts['classes']} classes, the rarest in {t.facts['rarest']:,} rows")
        parts.append(f"chance is accuracy {t.facts['chance_accuracy']:.3f} and 0 of {t.facts['entropy']:.2f} bits")
    if t.headroom and pd.notna(t.headroom["headroom"]):
        h = t.headroom
        parts.append(f"headroom {h['headroom']:.3f} bits over {h['control']}, {h['headroom_sds']:.1f} residual SDs")
        parts.append("ranked" if h["ranked"] else f"not ranked: {h['reason']}")
    else:
        parts.append("headroom not known yet")
    if t.convergence:
        most = f"{t.convergence['largest']:.2f} residual SDs, {t.convergence['of_gap']:.2f} of the headroom"
        moved = f"twice the steps move a reference method by at most {most}"
        parts.append(f"{'converged' if t.convergence['passed'] else 'not converged'}: {moved}")
    else:
        parts.append("convergence not measured yet")
    told = "; ".join(f"{kind} {', '.join(names)}" for kind, names in t.verdicts.items())
    return "\n".join([*parts, f"assumptions: {told or 'not tested yet'}"])

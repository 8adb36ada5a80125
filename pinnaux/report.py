"""What a run came to, as text for people and as JSON for programs.

The numbers are the Solution's: residuals on points that were never trained on, the estimated error, and the true one
where the problem states an exact solution.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from pinnaux.settings import TRAINERS

if TYPE_CHECKING:
    from pinnaux.solution import Solution
    from pinnaux.verdict import Confidence, Interval, Verdict

HEADLINES = {
    "accuracy": "accuracy reached",
    "stagnation": "stopped: no further progress",
    "time": "stopped: time limit",
    "steps": "stopped: step limit",
    "failure": "numerical failure",
    "interrupted": "interrupted",
}


SAMPLES = 201
SYMMETRIC = 0.05
"""How much of an interval's width its sides may differ by to be told as one."""


def headline(verdict: Verdict) -> str:
    """One line: what ended the run, why, and after how long; with which trainer if it was not the default one."""
    reason = f": {verdict.reason}" if verdict.reason else ""
    trainer = "" if verdict.trainer == TRAINERS[0] else f", trainer {verdict.trainer}"
    return f"{HEADLINES[verdict.status]}{reason} ({duration(verdict.elapsed)}{trainer})"


def report(solution: Solution) -> str:
    """The headline and a table each of conditions, errors and parameters, or of the modes of an eigenvalue problem."""
    verdict = solution.verdict
    notes = "\n".join(f"note: {note}" for note in (*verdict.notes, *_doubt(verdict)))
    parts = [headline(verdict), notes, _conditions(verdict)]
    parts += [_modes(solution)] if solution.eigenvalues else [_errors(solution), _fits(verdict.confidence), _parameters(solution), _functions(solution)]
    return "\n\n".join(part for part in parts if part)


def report_json(solution: Solution) -> str:
    """The same numbers for a program; one that is not finite is written as null, as JSON has no NaN."""
    verdict = {**asdict(solution.verdict), "exit_status": solution.verdict.exit_status}
    return json.dumps(_finite({**verdict, "parameters": dict(solution.parameters)}), indent=2) + "\n"


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns two spaces apart, the first to the left, numbers to the right."""
    lines = [heading, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heading))]

    def format_line(line: Sequence[str]) -> str:
        first, *others = (cell.ljust(width) if column == 0 else cell.rjust(width)
                          for column, (cell, width) in enumerate(zip(line, widths, strict=True)))
        return "  ".join([first, *others]).rstrip()

    return "\n".join(map(format_line, lines))


def number(value: float | None) -> str:
    """Three digits are what an error or a residual is good for; a dash where there is none."""
    return "-" if value is None else f"{value:.2e}"


def duration(seconds: float) -> str:
    """12.3 s, 4 min 05 s, 2 h 03 min."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def _doubt(verdict: Verdict) -> tuple[str, ...]:
    if not verdict.error_estimate or verdict.reliable:
        return ()
    return ("the estimated error is not confirmed by points held out, and may be too small",)


def _conditions(verdict: Verdict) -> str:
    integrals = any(each.quadrature is not None for each in verdict.conditions.values())
    heading = ("condition, on fresh points", "rms residual", "relative", "largest", "points") + (("quadrature error",) if integrals else ())
    rows = [(name, number(each.rms), number(each.relative), number(each.largest), str(each.points), number(each.quadrature))[: len(heading)]
            for name, each in verdict.conditions.items()]
    return table(heading, rows) if rows else ""


def _fits(confidence: Confidence) -> str:
    rows = [(name, number(fit.noise if fit.stated else fit.noise * fit.misfit**0.5), "stated" if fit.stated else "found",
             f"{fit.misfit:.3g}" if fit.stated else "-", str(fit.count), f"{fit.taken:.3g}") for name, fit in confidence.fits.items()]
    return table(("measurements", "noise", "", "χ² per freedom", "points", "freedom taken"), rows) if rows else ""


def _parameters(solution: Solution) -> str:
    intervals = solution.verdict.confidence.intervals
    heading = ("parameter", "value") + (("95 % confidence",) if intervals else ())
    rows = [(name, f"{value:.8g}", _interval(value, intervals.get(name)))[: len(heading)] for name, value in solution.parameters.items()]
    return table(heading, rows) if rows else ""


def _functions(solution: Solution) -> str:
    """Where every unknown function was needed, and between which values it lies there."""
    rows = []
    for name, found in solution.functions.items():
        values = found(np.linspace(*found.reach, SAMPLES))
        rows.append((name, *(f"{one:.5g}" for one in (*found.reach, values.min(), values.max()))))
    return table(("function", "argument from", "to", "least value", "largest"), rows) if rows else ""


def _interval(value: float, interval: Interval | None) -> str:
    """± half the width where both sides are about as wide, else from where to where."""
    if interval is None:
        return ""
    below, above = value - interval.low, interval.high - value
    if not math.isfinite(below + above) or abs(above - below) > SYMMETRIC * (above + below):
        return f"{interval.low:.4g} to {interval.high:.4g}"
    return f"± {(below + above) / 2:.2g}"


def _errors(solution: Solution) -> str:
    verdict = solution.verdict
    noise = dict(verdict.confidence.fields)
    if noise:
        noise |= {field.name: verdict.confidence.share_of([one.name for one in field.unknowns]) for field in solution.problem.fields}
    names = list(dict.fromkeys([*verdict.error_estimate, *verdict.errors]))
    if not names:
        return ""
    columns = {"estimated": verdict.error_estimate, "by noise": noise, "true": verdict.errors}
    shown = {title: column for title, column in columns.items() if column or title == "estimated"}
    heading = ("relative L2 error", *shown)
    rows = [(name, *(number(column.get(name)) for column in shown.values())) for name in names]
    return table(heading, rows)


def _modes(solution: Solution) -> str:
    """Every mode's eigenvalue with its relative error, and the relative L2 error of the mode."""
    estimate, fields = solution.verdict.error_estimate, solution.problem.fields
    share = len(fields) // len(solution.eigenvalues)
    rows = [(", ".join(field.name for field in fields[share * mode:share * (mode + 1)]), f"{name} = {value:.10g}",
             number(estimate.get(name)), number(estimate.get(fields[share * mode].name)))
            for mode, (name, value) in enumerate(solution.eigenvalues.items())]
    return table(("mode", "eigenvalue", "relative error, estimated", "of the mode"), rows)


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value

"""Trainers side by side on one problem: the error over time, when it passes each power of ten, as a table, a file and a picture.

The error at a moment is that of the solution which the user would get then. It is the true one where the problem states its exact
solution, else the residual on fresh points relative to the zero solution's. While it is evaluated the clock stands still.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Generic

import torch

from pinnaux.ansatz import Candidate
from pinnaux.architecture import nothing
from pinnaux.collocation import Collocation
from pinnaux.errors import UsageError
from pinnaux.files import replacing, write_text
from pinnaux.progress import say, watching
from pinnaux.report import duration, number, table
from pinnaux.solution import Solution
from pinnaux.solver import Limits, Watch, drive
from pinnaux.trainers.choice import trainer
from pinnaux.trainers.features import held_out
from pinnaux.trainers.state import Budget, Report, S, Trainer
from pinnaux.verdict import Verdict

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLOSEST = 1.03
"""A sample is taken once the time is this multiple of the last one's."""
OTHER_SEED = 1_000_003
"""Added to the seed of a run for the points on which residuals are compared: nobody trains on those, nor chooses by them."""
FEWEST_DECADES, SMALLEST = 3, 1e-16

Measure = Callable[[Candidate], float]


@dataclass(frozen=True)
class Sample:
    """The run at one moment: seconds and steps so far, the error, and the error that the run itself estimates (if it does)."""

    seconds: float
    steps: int
    error: float
    estimate: float | None


@dataclass(frozen=True)
class Curve:
    """A run of one trainer: its samples, the last one at its end, and the status it ended with."""

    trainer: str
    samples: tuple[Sample, ...]
    ended: str

    def passes(self, error: float) -> float | None:
        """The seconds after which the error first is at most so large, None if it never is."""
        return next((sample.seconds for sample in self.samples if sample.error <= error), None)

    @property
    def smallest(self) -> float:
        """The smallest error of all samples."""
        return min(sample.error for sample in self.samples)


class Recorder:
    """Measures the solution of a run now and then, while the clock of its limits stands still."""

    def __init__(self, measure: Measure, limits: Limits) -> None:
        self.samples: list[Sample] = []
        self._measure = measure
        self._limits = limits
        self._last: Candidate | None = None

    def look(self, best: Candidate, steps: int, at_last: bool = False) -> None:
        """Take a sample if there is something new to see and time has passed since the last one; in any case at last."""
        seconds = self._limits.elapsed
        due = not self.samples or seconds >= CLOSEST * self.samples[-1].seconds
        if not at_last and (best is self._last or not due):
            return
        stopped = time.monotonic()
        estimate = best.error if best.estimate else None
        self.samples.append(Sample(seconds, steps, self._measure(best), estimate))
        self._last = best
        self._limits.began += time.monotonic() - stopped


@dataclass(frozen=True, eq=False)
class Watched(Generic[S]):
    """The state of a trainer's run, and its steps so far."""

    inner: S
    steps: int = 0

    @property
    def best(self) -> Candidate | None:
        return self.inner.best

    @property
    def finished(self) -> str | None:
        return self.inner.finished


@dataclass(frozen=True, eq=False)
class Recorded(Generic[S]):
    """A trainer whose best solution is shown to a recorder after every step."""

    trainer: Trainer[S]
    recorder: Recorder

    def init(self) -> Watched[S]:
        """The trainer's first state."""
        return Watched(self.trainer.init())

    def step(self, state: Watched[S], budget: Budget) -> tuple[Watched[S], Report]:
        """The trainer's step, then a look at its best solution."""
        inner, report = self.trainer.step(state.inner, budget)
        if inner.best is not None:
            self.recorder.look(inner.best, state.steps + 1)
        return Watched(inner, state.steps + 1), report


def race(runs: Sequence[Collocation], measure: Measure, quiet: bool = False) -> list[Curve]:
    """One run after another, each with the trainer that its settings name; an interrupt ends the present one and the race.

    Raises KeyboardInterrupt where nothing was measured before it.
    """
    curves: list[Curve] = []
    try:
        for collocation in runs:
            if not quiet:
                say(f"trainer {collocation.plan.settings.trainer}")
            with watching(quiet) as watch:
                curves.append(curve(collocation, measure, watch))
            if curves[-1].ended == "interrupted":
                break
    except KeyboardInterrupt:
        if not curves:
            raise
    return curves


def curve(collocation: Collocation, measure: Measure, watch: Watch | None = None, began: float | None = None) -> Curve:
    """The curve of one run, whose clock starts now or started at the monotonic time `began`."""
    settings = collocation.plan.settings
    limits = Limits(settings, time.monotonic() if began is None else began)
    recorder = Recorder(measure, limits)
    with torch.no_grad():
        state, verdict = drive(Recorded(trainer(collocation), recorder), limits, watch)
        recorder.look(state.best or nothing(collocation), verdict.steps, at_last=True)
    return Curve(settings.trainer, tuple(recorder.samples), verdict.status)


def measure_of(collocation: Collocation) -> Measure:
    """The true error where the problem has an exact solution, else the residual on fresh points. Raises UsageError for eigenvalue problems."""
    if collocation.plan.problem.eigenvalue is not None:
        raise UsageError("bench compares trainers, and for eigenvalue problems there is one only", hint="pinnaux solve solves them")
    return true_error(collocation) if collocation.plan.problem.exact else fresh_residual(collocation)


def true_error(collocation: Collocation) -> Measure:
    """The largest relative L2 error of what has an exact solution, always at the same points of the domain."""
    verdict = Verdict("steps", "", collocation.plan.settings.accuracy)

    def measure(best: Candidate) -> float:
        return max(Solution(collocation.plan.problem, collocation, best.ansatz, best.theta, verdict).errors().values())

    return measure


def fresh_residual(collocation: Collocation) -> Measure:
    """The residual relative to that of the zero solution, every condition balanced, on points of a seed that no run has."""
    settings = replace(collocation.plan.settings, seed=collocation.plan.settings.seed + OTHER_SEED)
    with torch.no_grad():
        judge = held_out(replace(collocation, plan=replace(collocation.plan, settings=settings), corners=False))

    def measure(best: Candidate) -> float:
        return judge.score(best.ansatz, best.theta) / max(judge.zero, 1e-300)

    return measure


def summary(curves: Sequence[Curve], quantity: str = "error") -> str:
    """The table: the time at which each power of ten is first passed, then how the runs ended; `quantity` is what was measured."""
    powers = decades(curves)
    heading = ("trainer", *(f"1e-{power}" for power in powers), f"final {quantity}", "estimated error", "steps", "seconds", "ended by")
    rows = []
    for one in curves:
        last = one.samples[-1]
        times = (one.passes(10.0**-power) for power in powers)
        rows.append((one.trainer, *("-" if at is None else duration(at) for at in times), number(last.error), number(last.estimate),
                     str(last.steps), f"{last.seconds:.1f}", one.ended))
    return table(heading, rows)


def decades(curves: Sequence[Curve]) -> range:
    """1, 2, … for 1e-1, 1e-2 … down to the smallest that any of the curves passes."""
    smallest = min((one.smallest for one in curves), default=1.0)
    passed = math.floor(-math.log10(max(smallest, SMALLEST))) if smallest < 1 else 0
    return range(1, max(FEWEST_DECADES, passed) + 1)


def write_csv(curves: Sequence[Curve], path: Path, quantity: str = "error") -> Path:
    """Every sample of every curve, a line each."""
    lines = [f"trainer,seconds,step,{quantity},estimated_error"]
    for one in curves:
        for sample in one.samples:
            estimate = "" if sample.estimate is None else f"{sample.estimate:.6e}"
            lines.append(f"{one.trainer},{sample.seconds:.3f},{sample.steps},{sample.error:.6e},{estimate}")
    write_text(path, "\n".join(lines) + "\n")
    return path


def draw(curves: Sequence[Curve], path: Path, what: str) -> Path:
    """The picture: error over seconds, both logarithmic; estimated errors dashed."""
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.style.context("default"):
        figure = Figure(figsize=(7, 4.5), layout="constrained", dpi=150)
        FigureCanvasAgg(figure)
        _draw_curves(figure, curves, what)
        with replacing(path) as temporary:
            figure.savefig(temporary)
    return path


def _draw_curves(figure: Figure, curves: Sequence[Curve], what: str) -> None:
    axes = figure.subplots()
    for place, one in enumerate(curves):
        colour = f"C{place}"
        axes.plot([sample.seconds for sample in one.samples], [sample.error for sample in one.samples], color=colour,
                  drawstyle="steps-post", label=one.trainer)
        known = [sample for sample in one.samples if sample.estimate is not None]
        axes.plot([sample.seconds for sample in known], [sample.estimate for sample in known], color=colour, linestyle=":", linewidth=1)
    axes.set(xscale="log", yscale="log", xlabel="seconds", ylabel=what, title="dotted: the error that the run itself estimates")
    axes.grid(alpha=0.3, which="both")
    axes.legend()

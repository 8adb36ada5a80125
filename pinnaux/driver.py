"""The one loop that drives a trainer within its limits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from pinnaux.errors import PinnauxError
from pinnaux.settings import Settings
from pinnaux.trainers.state import NumericalFailure, Report, RunState, S, Trainer
from pinnaux.verdict import Consistency, Progress, Verdict

Watch = Callable[[Progress], None]


def drive(trainer: Trainer[S], limits: Limits, watch: Watch | None, state: S | None = None, before: int = 0) -> tuple[S, Verdict]:
    """Step after step until the trainer has finished, a limit is reached, the user interrupts or numbers fail.

    From the trainer's beginning, or from a `state` in which so many steps are done `before`.
    """
    state, steps, ended, measured = state or trainer.init(), before, None, []
    try:
        while ended is None:
            began = limits.elapsed
            state, report = trainer.step(state, limits)
            steps += 1
            limits.spent(report.stage, limits.elapsed - began)
            measured += [(steps, report.consistency)] if report.consistency else []
            if watch:
                watch(_progress(state, report, steps, limits))
            ended = _ended(state, report, steps - before, limits)
    except KeyboardInterrupt:
        ended = ("interrupted", "by the user")
    except NumericalFailure as failure:
        return state, Verdict("failure", str(failure), limits.settings.accuracy, steps=steps, condition=failure.condition)
    except (PinnauxError, MemoryError, RuntimeError) as failure:
        # A user's function that fails late, or too little memory: what was found before is kept.
        if state.best is None or not (isinstance(failure, (PinnauxError, MemoryError)) or _out_of_memory(failure)):
            raise
        return state, Verdict("failure", str(failure), limits.settings.accuracy, steps=steps)
    return state, Verdict(*ended, limits.settings.accuracy, steps=steps, notes=_inconsistent(measured))


@dataclass
class Limits:
    """The clock of a run, and what its stages have been costing."""

    settings: Settings
    began: float
    costs: dict[str, float] = field(default_factory=dict)

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.began

    @property
    def remaining(self) -> float:
        return self.settings.time_limit - self.elapsed

    @property
    def hurry(self) -> bool:
        """Whether there is just time for a last correction, judged by what one has cost (or a step of training or a trial costs) so far."""
        expected = self.costs.get("correction", self.settings.correction_in_steps * self.costs.get("layers", 0.0))
        return self.remaining < self.settings.haste * max(expected, self.costs.get("estimate", self.costs.get("features", 0.0)))

    def affords(self, stage: str, times: float) -> bool:
        """Whether there is time for so many times what a step of this stage has cost."""
        return self.remaining > times * self.costs.get(stage, 0.0)

    def spent(self, stage: str, seconds: float) -> None:
        """Remember the cost of a stage, recent ones counting most."""
        self.costs[stage] = max(seconds, 0.7 * self.costs.get(stage, seconds))


def _ended(state: RunState, report: Report, steps: int, limits: Limits) -> tuple[str, str] | None:
    """Status and reason, if the run is over."""
    best = state.best
    late = limits.remaining <= 0 or state.finished == "time" or (limits.hurry and report.stage == "correction")
    if state.finished == "accuracy" or (late and best and best.reliable and best.error <= limits.settings.accuracy):
        return "accuracy", f"estimated relative error {best.error:.1e}, {limits.settings.accuracy:.1e} asked for"
    if state.finished == "undetermined":
        return "stagnation", "the equations are solved, but have other solutions too"
    if state.finished == "stagnation":
        return "stagnation", "neither training nor corrections bring the residual on fresh points down any more"
    if late:
        return "time", f"{limits.settings.time_limit:g} s are over, or too few are left for another step"
    if limits.settings.steps is not None and steps >= limits.settings.steps:
        return "steps", f"{steps} steps are done"
    return None


def _progress(state: RunState, report: Report, steps: int, limits: Limits) -> Progress:
    estimate = state.best.error if state.best and state.best.estimate else None
    return Progress(report.stage, steps, report.losses, report.residuals, estimate, limits.elapsed, limits.settings.time_limit,
                    report.message, report.consistency)


def _inconsistent(measured: list[tuple[int, Consistency]]) -> tuple[str, ...]:
    """A note where the separated objective was seen not to bound the loss."""
    failed = [(step, one) for step, one in measured if not one.holds]
    if not failed:
        return ()
    step, worst = max(failed, key=lambda entry: entry[1].loss / max(entry[1].constant * entry[1].objective, 1e-300))
    return (f"the separated objective did not bound the loss in {len(failed)} of {len(measured)} checks "
            f"(the worst in step {step}: {worst}): its weights were too small there",)


def _out_of_memory(failure: RuntimeError) -> bool:
    """Torch has a class for a full GPU, and for a full main memory only words."""
    return isinstance(failure, torch.OutOfMemoryError) or "allocate memory" in str(failure)

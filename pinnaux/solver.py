"""`solve`: the wiring from a problem to its solution, and the one loop that drives a trainer within its limits."""

from __future__ import annotations

import math
import numbers
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import torch

from pinnaux.ansatz import Candidate
from pinnaux.architecture import nothing
from pinnaux.collocation import Collocation
from pinnaux.doubts import doubts, fitted_to_noise
from pinnaux.errors import PinnauxError, UsageError
from pinnaux.modes import unfolded
from pinnaux.offsets import offsets
from pinnaux.plan import Plan
from pinnaux.problem import Problem
from pinnaux.settings import TRAINERS, Settings, known_trainer
from pinnaux.solution import Solution
from pinnaux.symbolic.formula import described, is_number
from pinnaux.trainers.choice import trainer as chosen_trainer
from pinnaux.trainers.measurements import heard
from pinnaux.trainers.state import NumericalFailure, Report, RunState, S, Trainer
from pinnaux.units import field_units
from pinnaux.verdict import ConditionVerdict, Consistency, Progress, Verdict

Watch = Callable[[Progress], None]
DTYPES = MappingProxyType({"float64": torch.float64, "float32": torch.float32})
DEVICES = ("cpu", "cuda")
NOISE = "the measurements are fitted to within their noise, so that only more of them, or better ones, tell more"
# Amplification of residuals above which the report warns.
SENSITIVE = 1e3


def solve(problem: Problem, *, accuracy: float | None = None, time_limit: float | None = None, steps: int | None = None, points: int = 1,
          seed: int = 0, device: str = "cpu", dtype: str = "float64", trainer: str = TRAINERS[0], watch: Watch | None = None) -> Solution:
    """Solve a problem to an estimated relative error `accuracy`, within `time_limit` seconds and `steps` steps.

    The interior has as many points as the unknowns ask for, but `points` at least; other regions have their share of them.
    What is not given is taken from the problem, or from the defaults. `trainer` names the way to train, one of settings.TRAINERS.
    `watch` is called with a Progress after every step.
    Raises UsageError for a device, dtype or trainer that is not there, limits that are not positive, and what is no problem.
    An interrupt (Ctrl-C) ends the run with the solution so far.
    """
    began = time.monotonic()
    collocation = prepare(problem, accuracy=accuracy, time_limit=time_limit, steps=steps, points=points, seed=seed, device=device,
                          dtype=dtype, trainer=trainer)
    limits = Limits(collocation.plan.settings, began)
    with torch.no_grad():
        collocation = heard(replace(collocation, units=field_units(collocation)))
        state, verdict = drive(chosen_trainer(collocation), limits, watch)
        collocation = _of_every_mode(collocation)
        best = state.best or nothing(collocation)
    verdict = replace(verdict, error_estimate=best.estimate, reliable=best.reliable, trainer=trainer, found=state.best is not None,
                      notes=(*collocation.plan.notes, *verdict.notes, *_sensitive(best, problem)))
    solution = Solution(collocation.plan.problem, collocation, best.ansatz, best.theta, verdict)
    verdict = _with_confidence(solution, best)
    try:
        conditions = solution.judged()
        notes = (*verdict.notes, *offsets(solution, best.estimate, verdict.accuracy))
        verdict = _with_quadrature(replace(verdict, conditions=conditions, errors=solution.errors(), notes=notes))
    except KeyboardInterrupt:
        verdict = replace(verdict, status="interrupted", reason="by the user, before the conditions were judged")
    except PinnauxError:
        if verdict.status != "failure":
            raise
    return replace(solution, verdict=replace(verdict, elapsed=limits.elapsed))


def prepare(problem: Problem, *, accuracy: float | None = None, time_limit: float | None = None, steps: int | None = None, points: int = 1,
            seed: int = 0, device: str = "cpu", dtype: str = "float64", trainer: str = TRAINERS[0]) -> Collocation:
    """The problem compiled, with the settings of a run; arguments, defaults and refusals are those of `solve`."""
    settings = _settings(problem, accuracy, time_limit, steps, points, seed, trainer)
    plan = Plan.of(problem, settings)
    if trainer not in plan.trainers:
        raise UsageError(
            f"the trainer {trainer!r} cannot take integrals, nor fields at other points: its auxiliary variables belong to one point each",
            hint=f"leave it out, or take one of {', '.join(plan.trainers)}")
    return Collocation(plan, _dtype(dtype), _device(device))


def _of_every_mode(collocation: Collocation) -> Collocation:
    """The problem with one copy of its fields for every mode where it has modes, itself otherwise."""
    plan = collocation.plan
    return replace(collocation, plan=Plan.of(unfolded(plan.problem), plan.settings)) if plan.problem.eigenvalue is not None else collocation


def drive(trainer: Trainer[S], limits: Limits, watch: Watch | None) -> tuple[S, Verdict]:
    """Step after step until the trainer has finished, a limit is reached, the user interrupts or numbers fail."""
    state, steps, ended, measured = trainer.init(), 0, None, []
    try:
        while ended is None:
            began = limits.elapsed
            state, report = trainer.step(state, limits)
            steps += 1
            limits.spent(report.stage, limits.elapsed - began)
            measured += [(steps, report.consistency)] if report.consistency else []
            if watch:
                watch(_progress(state, report, steps, limits))
            ended = _ended(state, report, steps, limits)
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
        """Whether there is just time for a last correction, judged by what one has cost (or a step of training costs) so far."""
        expected = self.costs.get("correction", self.settings.correction_in_steps * self.costs.get("layers", 0.0))
        return self.remaining < self.settings.haste * max(expected, self.costs.get("estimate", 0.0))

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


def _with_confidence(solution: Solution, best: Candidate) -> Verdict:
    """The verdict with what noise leaves open, to which the estimated error of solving adds, and with what is to be doubted about it."""
    values, found = solution.parameters, best.confidence
    intervals = {name: one.widened(values[name], abs(values[name]) * best.estimate.get(name, 0.0)) for name, one in found.intervals.items()}
    whole = replace(found, intervals=intervals)
    verdict = solution.verdict
    reason = NOISE if verdict.status == "stagnation" and fitted_to_noise(whole) else verdict.reason
    return replace(verdict, reason=reason, confidence=whole, notes=(*verdict.notes, *doubts(whole, values)))


def _sensitive(best: Candidate, problem: Problem) -> tuple[str, ...]:
    """A warning where small residuals may hide large errors."""
    if best.amplification < SENSITIVE:
        return ()
    measured = any(condition.region.kind == "observations" for condition in problem.conditions)
    given, question = ("equations, conditions and measurements", "do they say anything of it?") if measured else ("equations and conditions", "is a condition missing?")
    return (f"{given} determine {best.weakest or 'the solution'} weakly: relative residuals may be amplified {best.amplification:.0e} times in it, "
            f"so the error can be far larger than estimated ({question})",)


def _with_quadrature(verdict: Verdict) -> Verdict:
    """What integrals leave inexact counts as error, which features cannot know of: an accuracy finer than that is not reached."""
    worst = max((one.quadrature for one in verdict.conditions.values() if one.quadrature is not None), default=0.0)
    estimate = {name: max(error, worst) for name, error in verdict.error_estimate.items()}
    verdict = replace(verdict, error_estimate=estimate, notes=(*verdict.notes, *_inexact(verdict.conditions, verdict.accuracy)))
    if verdict.status == "accuracy" and not worst <= verdict.accuracy:
        return replace(verdict, status="stagnation", reason=f"the nodes of integrals leave them exact to {worst:.1e} of their terms")
    return verdict


def _inexact(conditions: Mapping[str, ConditionVerdict], accuracy: float) -> tuple[str, ...]:
    """A note for every condition whose integrals are less exact than the accuracy asked for."""
    return tuple(f"the integrals in condition '{name}' are exact to {one.quadrature:.0e} of its terms only, and so is the solution at best: "
                 "divide them where their integrand changes fast (start=…, end=…)"
                 for name, one in conditions.items() if one.quadrature is not None and not one.quadrature <= accuracy)


def _settings(problem: Problem, accuracy: float | None, time_limit: float | None, steps: int | None, points: int, seed: int,
              trainer: str) -> Settings:
    """What is given, else what the problem says, else the default."""
    if not isinstance(problem, Problem):
        raise UsageError(f"solve takes a Problem, not {described(problem)}", hint='pinnaux.load("problem.py") reads one from a file')
    for name, value in (("accuracy", accuracy), ("time_limit", time_limit)):
        if value is not None and not (is_number(value) and 0 < value < math.inf):
            raise UsageError(f"{name} must be a positive number, not {described(value)}", hint=f"leave {name} out for the default")
    for name, value, least in (("steps", steps, 1), ("points", points, 1), ("seed", seed, 0)):
        if not (value is None and name == "steps" or isinstance(value, numbers.Integral) and value >= least):
            raise UsageError(f"{name} must be a whole number from {least} on, not {described(value)}", hint=f"leave {name} out for the default")
    if problem.eigenvalue is not None and known_trainer(trainer) != TRAINERS[0]:
        raise UsageError(f"trainer {trainer!r} does not solve eigenvalue problems", hint="leave the trainer out: they have one of their own")
    given = {"accuracy": problem.accuracy if accuracy is None else accuracy, "time_limit": problem.time_limit if time_limit is None else time_limit}
    return Settings(steps=steps, points=int(points), seed=int(seed), trainer=known_trainer(trainer), **{name: float(value) for name, value in given.items() if value is not None})


def _out_of_memory(failure: RuntimeError) -> bool:
    """Torch has a class for a full GPU, and for a full main memory only words."""
    return isinstance(failure, torch.OutOfMemoryError) or "allocate memory" in str(failure)


def _dtype(name: str) -> torch.dtype:
    if name not in DTYPES:
        raise UsageError(f"there is no dtype {name!r}", hint=f"one of {', '.join(DTYPES)}")
    return DTYPES[name]


def _device(name: str) -> torch.device:
    if name.split(":")[0] not in DEVICES:
        raise UsageError(f"there is no device {name!r}", hint=f"one of {', '.join(DEVICES)}; cuda:1 is the second GPU")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise UsageError(f"device {name!r} cannot be used: {str(error).splitlines()[0]}", hint="cpu is always there; cuda needs a GPU") from error
    return device

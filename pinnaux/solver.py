"""`solve` and `resume`: the wiring from a problem to its solution."""

from __future__ import annotations

import math
import numbers
import time
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import torch

from pinnaux.ansatz import AT_WORST, Candidate
from pinnaux.architecture import nothing
from pinnaux.collocation import Collocation
from pinnaux.doubts import beyond, doubts, fitted_to_noise
from pinnaux.driver import Limits, Watch, drive
from pinnaux.errors import PinnauxError, UsageError
from pinnaux.modes import unfolded
from pinnaux.offsets import offsets
from pinnaux.plan import Plan
from pinnaux.problem import Problem
from pinnaux.resumption import STATES, archived, layout, restored
from pinnaux.settings import TRAINERS, Settings, known_trainer
from pinnaux.solution import Solution
from pinnaux.symbolic.formula import described, is_number
from pinnaux.trainers.choice import trainer as chosen_trainer
from pinnaux.trainers.measurements import heard
from pinnaux.trainers.state import RunState
from pinnaux.units import field_units
from pinnaux.verdict import ConditionVerdict, Verdict

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
    return _solved(collocation, state, verdict, limits)


def resume(solution: Solution, *, accuracy: float | None = None, time_limit: float | None = None, steps: int | None = None,
           watch: Watch | None = None) -> Solution:
    """Go on where the run that found a solution ended, in this process or another, for as much time or as many steps again.

    A solution that is accurate enough is returned as it is; `accuracy` and `time_limit` are those of that run where they are not given.
    N steps and N more are the 2N steps of one run.
    Raises UsageError for limits that are not positive, and for solutions without a run that could go on: modes, and those of another version.
    """
    began = time.monotonic()
    before = solution.collocation.plan.settings
    settings = _settings(solution.problem, before.accuracy if accuracy is None else accuracy, before.time_limit if time_limit is None else time_limit,
                         steps, before.points, before.seed, before.trainer)
    collocation = replace(solution.collocation, plan=Plan.of(solution.problem, settings))
    limits = Limits(settings, began)
    with torch.no_grad():
        state = _gone_on_from(solution, collocation)
        if state.finished:
            return solution
        state, verdict = drive(chosen_trainer(collocation), limits, watch, state, solution.verdict.steps)
    return _solved(collocation, state, verdict, limits)


def _gone_on_from(solution: Solution, collocation: Collocation) -> RunState:
    """The state in which a run ended; not finished, unless it is accurate enough."""
    kept = solution.progress
    if not isinstance(kept, Mapping) or kept["layout"] != layout():
        raise UsageError("nothing is kept of the run of this solution to go on from", hint="solve the problem again")
    state = restored(kept["state"], collocation)
    accurate = state.finished == "accuracy" and state.best.error <= collocation.plan.settings.accuracy
    return state if accurate else replace(state, finished=None)


def _kept(state: RunState) -> object:
    """What going on needs; nothing of the search for modes, which is over in seconds."""
    return {"layout": layout(), "state": archived(state)} if type(state) in STATES.values() else None


def _solved(collocation: Collocation, state: RunState, verdict: Verdict, limits: Limits) -> Solution:
    """The solution in a state, judged."""
    settings, progress = collocation.plan.settings, _kept(state)
    with torch.no_grad():
        collocation = _of_every_mode(collocation)
        best = state.best or nothing(collocation)
    trainer, problem = settings.trainer, collocation.plan.problem
    verdict = replace(verdict, error_estimate=best.estimate, reliable=best.reliable, trainer=trainer, found=state.best is not None,
                      notes=(*collocation.plan.notes, *verdict.notes, *_sensitive(best, problem, verdict.accuracy)))
    solution = Solution(collocation.plan.problem, collocation, best.ansatz, best.theta, verdict, progress)
    verdict = _with_confidence(solution, best)
    if verdict.found:
        verdict = replace(verdict, notes=(*verdict.notes, *filter(None, map(beyond, solution.functions.values()))))
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


def _with_confidence(solution: Solution, best: Candidate) -> Verdict:
    """The verdict with what noise leaves open, to which the estimated error of solving adds, and with what is to be doubted about it."""
    values, found = solution.parameters, best.confidence
    errors = {name: abs(values[name]) * best.estimate.get(name, 0.0) for name in found.intervals if best.estimate.get(name, 0.0) < math.inf}
    intervals = {name: one.widened(values[name], errors.get(name, 0.0)) for name, one in found.intervals.items()}
    whole = replace(found, intervals=intervals)
    verdict = solution.verdict
    lines = [field.name for field in solution.problem.unknowns if len(field.coordinates) == 1]
    reason = NOISE if verdict.status == "stagnation" and not best.undetermined and fitted_to_noise(whole) else verdict.reason
    return replace(verdict, reason=reason, confidence=whole, notes=(*verdict.notes, *doubts(whole, values, lines)))


def _sensitive(best: Candidate, problem: Problem, accuracy: float) -> tuple[str, ...]:
    """A warning where small residuals may hide large errors: not where they are so small that even the worst of them hardly matters."""
    if not best.undetermined and (best.amplification < SENSITIVE or best.at_worst < AT_WORST * accuracy):
        return ()
    measured = any(condition.region.kind == "observations" for condition in problem.conditions)
    given, question = ("equations, conditions and measurements", "do they say anything of it?") if measured else ("equations and conditions", "is a condition missing?")
    if best.undetermined:
        return (f"{given} do not determine {best.weakest}: there are other solutions ({question})",)
    return (f"{given} determine {best.weakest or 'the solution'} weakly: relative residuals may be amplified {best.amplification:.0e} times in it, "
            "so the error can be far larger than estimated",)


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

"""The whole solver on small problems with known solutions, and how runs end."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from compute_problems import bar, conductivity, decay, oscillator, plate, reaction, ring, source

from pinnaux import Condition, Field, Interval, Parameter, Problem, TimeInterval, diff, exp, log, pointwise, solve, sqrt
from pinnaux.errors import DeclarationError, UsageError
from pinnaux.settings import TRAINERS, Settings
from pinnaux.solution import Solution
from pinnaux.solver import Limits, drive
from pinnaux.trainers.automatic import State
from pinnaux.trainers.state import Budget, Report
from pinnaux.verdict import Consistency, Progress

# Problem, accuracy asked for, and the error that is allowed in every unknown.
solvable = {
    "bar": (bar, 1e-8, 1e-8), "plate": (plate, 1e-5, 1e-5), "decay": (decay, 1e-8, 1e-8), "oscillator": (oscillator, 1e-8, 1e-8),
    "ring": (ring, 1e-8, 1e-8), "source": (source, 1e-4, 1e-3), "conductivity": (conductivity, 1e-4, 1e-4),
}


@pytest.fixture(scope="module")
def solved() -> Callable[[str], Solution]:
    """Each of the problems, solved once."""
    known: dict[str, Solution] = {}

    def find(name: str) -> Solution:
        if name not in known:
            problem, accuracy, _ = solvable[name]
            known[name] = solve(problem(), accuracy=accuracy, time_limit=120)
        return known[name]

    return find


@pytest.mark.parametrize("name", solvable)
def test_a_problem_is_solved_to_the_accuracy_asked_for(name: str, solved: Callable[[str], Solution]) -> None:
    solution, allowed = solved(name), solvable[name][2]
    assert solution.verdict.status == "accuracy" and solution.verdict.exit_status == 0
    assert solution.verdict.errors.keys() == solution.problem.exact.keys()
    assert max(solution.verdict.errors.values()) < allowed
    assert solution.errors(solution.problem.domain.interior.sample(777, np.random.default_rng(9)).coordinates) == pytest.approx(
        solution.verdict.errors, rel=0.5, abs=1e-13)


@pytest.mark.parametrize("name", solvable)
def test_the_estimated_error_is_the_true_one_to_an_order_or_so(name: str, solved: Callable[[str], Solution]) -> None:
    verdict = solved(name).verdict
    for unknown, error in verdict.errors.items():
        if error > 1e-12:
            assert error / 30 < verdict.error_estimate[unknown] < 30 * error


@pytest.mark.parametrize("name", solvable)
def test_every_condition_holds_on_fresh_points(name: str, solved: Callable[[str], Solution]) -> None:
    solution = solved(name)
    assert list(solution.verdict.conditions) == [condition.name for condition in solution.problem.conditions]
    for condition in solution.verdict.conditions.values():
        assert condition.relative < 1e-2 and condition.rms <= condition.largest and condition.points > 0


def test_an_unknown_number_is_found_within_its_bounds(solved: Callable[[str], Solution]) -> None:
    solution = solved("conductivity")
    assert solution.parameters["k"] == pytest.approx(3.0, rel=1e-3)
    assert abs(solution.parameters["k"] - 3) / 3 < 30 * max(solution.verdict.error_estimate["k"], 1e-13)


def test_a_periodic_solution_is_periodic_exactly(solved: Callable[[str], Solution]) -> None:
    solution = solved("ring")
    x = np.linspace(0, 2, 9)[:, None]
    assert solution(x + 2)["u"] == pytest.approx(solution(x)["u"], abs=1e-11)
    # Where the period closes the slope is continuous too.
    ends = np.array([[1e-6], [0.0], [2 - 1e-6]])
    values = solution(ends)["u"]
    assert values[0] - values[1] == pytest.approx(values[1] - values[2], abs=1e-9)


undefined_at_zero = {
    "root": (lambda w: -sqrt(w), 1.0, lambda t: (1 - t / 2) ** 2),
    "logarithm": (lambda w: -w * log(w), 2.0, lambda t: exp(log(2) * exp(-t))),
    "quotient": (lambda w: 1 / w, 2.0, lambda t: sqrt(4 + 2 * t)),
}


@pytest.mark.parametrize("name", undefined_at_zero)
def test_equations_that_are_undefined_at_zero_are_solved(name: str) -> None:
    rate, first, exact = undefined_at_zero[name]
    domain = Interval(0, 1)
    w, (x,) = Field("w", domain), domain.coordinates
    conditions = [Condition("rate", diff(w, x) == rate(w), on=domain), Condition("start", w == first, on=domain.boundary["left"])]
    problem = Problem([w], conditions, exact={"w": exact(x)})
    solution = solve(problem, accuracy=1e-6, steps=3)
    assert solution.verdict.errors["w"] < 1e-3 and solution.verdict.status == "steps"


def watched(problem: Problem, **limits: object) -> tuple[Solution, list[Progress]]:
    seen: list[Progress] = []
    return solve(problem, watch=seen.append, **limits), seen


def test_a_run_ends_after_the_steps_allowed_and_reports_each() -> None:
    solution, seen = watched(bar(), steps=3, time_limit=100.0)
    verdict = solution.verdict
    assert (verdict.status, verdict.reason, verdict.steps, verdict.exit_status) == ("steps", "3 steps are done", 3, 2)
    assert [progress.step for progress in seen] == [1, 2, 3]
    assert all(progress.time_limit == 100 and 0 < progress.elapsed <= verdict.elapsed for progress in seen)
    assert seen[-1].residuals.keys() == {"balance", "ends"} and seen[-1].message
    assert verdict.errors["u"] < 1e-3


def test_a_run_without_time_ends_at_once_with_what_there_is() -> None:
    solution = solve(bar(), time_limit=1e-9)
    assert solution.verdict.status == "time" and "s are over" in solution.verdict.reason and solution.verdict.steps == 1
    assert (solution(np.array([[0.25], [0.5]]))["u"] == 0).all()
    assert solution.verdict.conditions["balance"].relative == pytest.approx(1.0)


def test_an_interrupt_leaves_the_solution_so_far() -> None:
    def interrupt(progress: Progress) -> None:
        if progress.step == 3:
            raise KeyboardInterrupt

    solution = solve(bar(), watch=interrupt)
    assert (solution.verdict.status, solution.verdict.exit_status) == ("interrupted", 130)
    assert solution.verdict.errors["u"] < 1e-3
    assert abs(solution(np.array([[0.5]]))["u"][0] - 1) < 1e-3


def test_an_undefined_residual_is_a_failure_that_names_the_condition_and_the_point() -> None:
    domain = TimeInterval(0, 1)
    w, (t,) = Field("w", domain), domain.coordinates
    solution = solve(Problem([w], [Condition("growth", diff(w, t) == log(-1 - w**2), on=domain), Condition("start", w == 1, on=domain.initial)]))
    verdict = solution.verdict
    assert (verdict.status, verdict.exit_status, verdict.condition) == ("failure", 3, "growth")
    assert "condition 'growth' is nan at the point (0." in verdict.reason
    assert np.isfinite(solution(np.array([[0.5]]))["w"]).all()


@dataclass(frozen=True)
class Measured:
    """A run of as many steps as there are measurements, which are reported one by one."""

    measurements: tuple[Consistency | None, ...]

    def init(self) -> State:
        return State()

    def step(self, state: State, budget: Budget) -> tuple[State, Report]:
        done = state.corrections + 1
        finished = "stagnation" if done == len(self.measurements) else None
        return replace(state, corrections=done, finished=finished), Report("layers", consistency=self.measurements[done - 1])


def test_a_separated_objective_that_does_not_bound_the_loss_is_told() -> None:
    good, bad, worse = (Consistency(1.0, objective, 2.0) for objective in (0.6, 0.4, 0.25))
    seen: list[Progress] = []
    _, verdict = drive(Measured((good, bad, None, worse)), Limits(Settings(), time.monotonic()), seen.append)
    assert verdict.notes == ("the separated objective did not bound the loss in 2 of 3 checks "
                             "(the worst in step 4: 1.0e+00 > 2 × 2.5e-01): its weights were too small there",)
    assert [progress.consistency for progress in seen] == [good, bad, None, worse]
    _, verdict = drive(Measured((good, None)), Limits(Settings(), time.monotonic()), None)
    assert verdict.notes == ()


def test_limits_of_the_problem_are_used_where_none_are_given() -> None:
    declared = bar()
    problem = Problem(declared.fields, declared.conditions, accuracy=0.5, time_limit=77.0)
    solution, seen = watched(problem, steps=1)
    assert solution.verdict.accuracy == 0.5 and seen[0].time_limit == 77
    solution, seen = watched(problem, steps=1, accuracy=0.25, time_limit=66.0)
    assert solution.verdict.accuracy == 0.25 and seen[0].time_limit == 66


def test_the_same_seed_gives_the_same_solution_and_another_seed_another() -> None:
    first, again, other = (solve(reaction(), steps=3, seed=seed) for seed in (4, 4, 5))
    assert torch.equal(first.theta, again.theta) and first.verdict.errors == again.verdict.errors
    assert first.theta.shape == other.theta.shape and not torch.equal(first.theta, other.theta)
    points = [solution.residuals("reaction")[0].coordinates for solution in (first, again, other)]
    assert np.array_equal(points[0], points[1]) and not np.isin(points[0], points[2]).any()


@pytest.mark.parametrize("trainer", TRAINERS[1:])
def test_every_trainer_lowers_the_error_and_tells_its_name(trainer: str) -> None:
    before, _ = watched(decay(), trainer=trainer, steps=2, accuracy=1e-13)
    after, seen = watched(decay(), trainer=trainer, steps=4, accuracy=1e-13)
    assert (after.verdict.trainer, after.verdict.status, after.verdict.steps) == (trainer, "steps", 4)
    assert after.verdict.errors["u"] < 0.9 * before.verdict.errors["u"] or after.verdict.errors["u"] < 1e-5
    assert [progress.step for progress in seen] == [1, 2, 3, 4] and seen[-1].losses.keys() <= {"decay", "start"}


def test_a_trainer_may_say_that_there_is_no_time_for_more() -> None:
    class Resigned:
        def init(self) -> State:
            return State()

        def step(self, state: State, budget: Limits) -> tuple[State, Report]:
            return State(finished="time"), Report("estimate")

    _, verdict = drive(Resigned(), Limits(Settings(time_limit=9.0), time.monotonic()), None)
    assert (verdict.status, verdict.reason, verdict.steps) == ("time", "9 s are over, or too few are left for another step", 1)


def test_problems_solved_in_one_process_do_not_touch_each_other() -> None:
    one, other = bar(), plate()
    first = solve(one, steps=3)
    solve(other, steps=3)
    torch.manual_seed(99)
    np.random.seed(99)
    again = solve(one, steps=3)
    fresh = solve(bar(), steps=3)
    assert torch.equal(first.theta, again.theta) and torch.equal(first.theta, fresh.theta)
    assert torch.get_default_dtype() == torch.float32 and torch.is_grad_enabled()


def test_in_single_precision_the_error_is_that_of_single_precision() -> None:
    solution = solve(bar(), steps=4, dtype="float32")
    assert solution.theta.dtype == torch.float32
    assert 1e-9 < solution.verdict.errors["u"] < 1e-2


@pytest.mark.cuda
def test_on_a_gpu_the_solution_is_as_good() -> None:
    solution = solve(plate(), accuracy=1e-5, device="cuda")
    assert solution.verdict.status == "accuracy" and solution.verdict.errors["u"] < 1e-4


@pytest.mark.parametrize("arguments, what, hint", [
    ({"dtype": "float16"}, "there is no dtype 'float16'", "float64, float32"),
    ({"device": "gpu"}, "there is no device 'gpu'", "cpu, cuda"),
    ({"device": "meta"}, "there is no device 'meta'", "cpu, cuda"),
    ({"device": "cuda:63"}, "device 'cuda:63' cannot be used", "cuda needs a GPU"),
    ({"trainer": "addam"}, "there is no trainer 'addam'", "did you mean 'adam'?"),
])
def test_a_dtype_device_or_trainer_that_is_not_there_is_refused(arguments: dict[str, str], what: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        solve(bar(), **arguments)
    assert what in str(refused.value) and hint in str(refused.value)


@pytest.mark.parametrize("arguments, what", [
    ({"accuracy": 0}, "accuracy must be a positive number, not number 0"), ({"accuracy": -1.0}, "accuracy must be a positive number"),
    ({"time_limit": 0}, "time_limit must be a positive number"), ({"time_limit": float("nan")}, "time_limit must be a positive number"),
    ({"accuracy": "high"}, "accuracy must be a positive number, not text 'high'"), ({"steps": 0}, "steps must be a whole number from 1 on"),
    ({"steps": 1.5}, "steps must be a whole number"), ({"seed": -1}, "seed must be a whole number from 0 on"),
    ({"seed": 1.5}, "seed must be a whole number"), ({"seed": None}, "seed must be a whole number"),
])
def test_limits_that_make_no_sense_are_refused(arguments: dict[str, object], what: str) -> None:
    with pytest.raises(UsageError) as refused:
        solve(bar(), **arguments)
    assert what in str(refused.value) and "leave" in str(refused.value)


def test_a_file_is_no_problem() -> None:
    with pytest.raises(UsageError, match="solve takes a Problem, not text 'problems/heat.py'"):
        solve("problems/heat.py")


@pytest.mark.parametrize("failure", [MemoryError("no room"), torch.OutOfMemoryError("CUDA is full"), RuntimeError("cannot allocate memory: 1 TB")])
def test_a_run_that_memory_ends_keeps_what_it_found(failure: Exception) -> None:
    def fail(progress: Progress) -> None:
        if progress.step == 3:
            raise failure

    solution = solve(bar(), watch=fail)
    assert (solution.verdict.status, solution.verdict.exit_status, solution.verdict.reason) == ("failure", 3, str(failure))
    assert solution.verdict.errors["u"] < 1e-3


def test_another_error_is_not_hidden() -> None:
    def fail(progress: Progress) -> None:
        if progress.step == 3:
            raise RuntimeError("a fault")

    with pytest.raises(RuntimeError, match="a fault"):
        solve(bar(), watch=fail)


@pytest.mark.parametrize("law, what", [
    (lambda a: a.mean(), "returned a tensor of shape () for numbers of shape ("), (lambda a: a[:, None], "returned a tensor of shape ("),
    (lambda a: 3.0, "returned number 3.0, not a tensor"), (lambda a: a.missing(), "failed: AttributeError"),
], ids=["mean", "column", "float", "error"])
def test_a_pointwise_function_that_does_not_act_on_each_number_is_refused_at_its_line(law: Callable, what: str) -> None:
    domain = Interval(0, 1)
    u, (x,) = Field("u", domain), domain.coordinates
    problem = Problem([u], [Condition("balance", diff(u, x, x) == pointwise(law)(x), on=domain), Condition("ends", u == 0, on=domain.boundary)])
    with pytest.raises(DeclarationError, match="pointwise function") as refused:
        solve(problem)
    assert what in str(refused.value) and "test_solver.py:" in str(refused.value) and "hint:" in str(refused.value)


def test_a_user_function_that_fails_late_leaves_what_was_found() -> None:
    seen: list[Progress] = []

    def law(a: torch.Tensor) -> torch.Tensor:
        if len(seen) >= 3:
            raise ValueError("too often")
        return torch.sin(a)

    domain = Interval(0, 1)
    u, (x,) = Field("u", domain), domain.coordinates
    problem = Problem([u], [Condition("balance", diff(u, x, x) == pointwise(law)(x), on=domain), Condition("ends", u == 0, on=domain.boundary)])
    solution = solve(problem, watch=seen.append)
    assert solution.verdict.status == "failure" and "law failed: ValueError: too often" in solution.verdict.reason
    assert solution(np.array([[0.5]]))["u"][0] == pytest.approx(np.sin(1) / 2 - np.sin(0.5), rel=1e-2)


@pytest.mark.slow
def test_numbers_that_only_their_product_is_known_of_are_not_called_found() -> None:
    domain = Interval(0, 1)
    u, (x,), k, m = Field("u", domain), domain.coordinates, Parameter("k", positive=True), Parameter("m", positive=True)
    problem = Problem([u], [Condition("balance", k * m * diff(u, x, x) == 1, on=domain), Condition("data", u == x**2, on=domain)])
    verdict = solve(problem, time_limit=20).verdict
    assert verdict.status != "accuracy" and not verdict.reliable and any(re.search("do not determine [km]: there are other solutions", note) for note in verdict.notes)

"""The default trainer step by step: an explicit state, stages in their order, and nothing lost that was found."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from compute_problems import SMALL, bar, collocation, decay, reaction

from pinnaux import Condition, Field, Interval, Parameter, Problem, TimeInterval, diff, pi, sin
from pinnaux.ansatz import Ansatz, Candidate
from pinnaux.collocation import Purpose
from pinnaux.jets.spec import JetSpec
from pinnaux.solver import Limits, drive
from pinnaux.trainers.automatic import Automatic, State, _no_faster, _preferred, _within_noise
from pinnaux.trainers.state import Report, Unlimited
from pinnaux.verdict import Confidence, Interval as Interval95

NEVER = 1e-300


class NoTime(Unlimited):
    """Time for a last step, and for no more."""

    def affords(self, stage: str, times: float) -> bool:
        return times <= 0


def run(problem: Problem, steps: int, **settings: object) -> list[tuple[State, Report]]:
    """The first steps of a run with small settings, until it has finished."""
    trainer = Automatic(collocation(problem, **{**SMALL, "share_steps": 0, **settings}))
    with torch.no_grad():
        done = [trainer.step(trainer.init())]
        while len(done) < steps and done[-1][0].finished is None:
            done.append(trainer.step(done[-1][0]))
    return done


def test_a_smooth_linear_problem_is_finished_by_features() -> None:
    done = run(bar(), 30, pilot_features=120, accuracy=1e-6)
    assert [report.stage for _, report in done][-1] == "estimate" and done[-1][0].finished == "accuracy"
    assert {report.stage for _, report in done} == {"start", "features", "estimate"}
    assert done[-1][0].best.error < 1e-6


def test_stages_come_in_their_order_as_far_as_a_problem_needs_them() -> None:
    stages = list(dict.fromkeys(report.stage for _, report in run(reaction(), 20, accuracy=NEVER)))
    assert stages[:2] == ["start", "features"]
    assert [stage for stage in stages if stage != "estimate"] == ["start", "features", "layers", "correction"]


def test_whatever_is_the_best_in_the_end_its_error_is_estimated() -> None:
    done = run(reaction(), 20, accuracy=NEVER)
    corrected = next(number for number, (_, report) in enumerate(done) if report.stage == "correction")
    state = done[min(corrected + 1, len(done) - 1)][0]
    assert state.best.estimate.keys() == {"u"}


def test_the_best_solution_is_never_given_up_for_a_worse_one() -> None:
    done = run(reaction(), 16, accuracy=NEVER)
    found = [(state.judge, state.best) for state, _ in done if state.best]
    for (judge, before), (_, after) in zip(found, found[1:]):
        assert judge.score(after.ansatz, after.theta) <= 1.0000001 * judge.score(before.ansatz, before.theta)


@pytest.mark.parametrize("position", [0, 1, 3, 6, 9])
def test_a_step_depends_on_the_state_alone(position: int) -> None:
    done = run(reaction(), position + 2, accuracy=NEVER)
    state = done[position][0]
    trainer = Automatic(collocation(reaction(), **{**SMALL, "share_steps": 0, "accuracy": NEVER}))
    with torch.no_grad():
        again, report = trainer.step(state)
    expected = done[position + 1][0]
    assert report == done[position + 1][1]
    assert again.finished == expected.finished
    for one, other in ((again.best, expected.best), (again.descent, expected.descent)):
        assert (one is None) == (other is None)
        if one is not None:
            assert torch.equal(one.theta, other.theta)


def test_reports_give_residuals_and_losses_of_every_component() -> None:
    for state, report in run(reaction(), 12, accuracy=NEVER):
        for values in (report.residuals, report.losses):
            assert set(values) in ({"reaction", "ends"}, set())
            assert all(value >= 0 for value in values.values())
        if report.stage == "features" and report.residuals:
            assert report.residuals.keys() == {"reaction", "ends"}


def test_whenever_points_are_due_the_separated_objective_is_seen_to_bound_the_loss() -> None:
    done = run(decay(), 20, accuracy=NEVER, shortest_moment=1e-5)
    measured = {state.descent.steps: report.consistency for state, report in done if report.stage == "layers"}
    due = {steps for steps in measured if steps % SMALL["refresh_every"] == 0}
    assert {steps for steps, one in measured.items() if one} == due != set()
    for one in filter(None, measured.values()):
        assert one.holds and one.constant == 2 and one.objective <= one.loss


def test_with_little_time_left_a_correction_is_next() -> None:
    trainer = Automatic(collocation(reaction(), **{**SMALL, "share_steps": 0, "accuracy": NEVER}))
    with torch.no_grad():
        state, _ = trainer.step(trainer.init())
        while state.descent is None:
            state, _ = trainer.step(state)
        assert trainer.step(state)[1].stage == "layers"
        assert trainer.step(state, Unlimited(hurry=True))[1].stage == "correction"


def test_with_little_time_left_a_solution_that_was_never_estimated_is() -> None:
    trainer = Automatic(collocation(reaction(), **{**SMALL, "accuracy": NEVER}))
    with torch.no_grad():
        state, _ = trainer.step(trainer.init())
        assert trainer.step(state, Unlimited(hurry=True))[1].stage == "features"
        state, _ = trainer.step(state)
        assert not state.best.estimate and trainer.step(state)[1].stage == "features"
        state, report = trainer.step(state, Unlimited(hurry=True))
        assert report.stage == "estimate" and state.best.estimate
        assert trainer.step(state, Unlimited(hurry=True))[1].stage == "features"


def test_a_correction_has_no_more_features_than_there_is_time_for() -> None:
    trainer = Automatic(collocation(reaction(), **{**SMALL, "correction_features": (50, 120), "fine_accuracies": (), "share_steps": 0, "accuracy": NEVER}))
    with torch.no_grad():
        state, _ = trainer.step(trainer.init())
        while state.descent is None:
            state, _ = trainer.step(state)
        assert trainer._affordable(state, NoTime()) == trainer._affordable(state, Unlimited()) == 50  # nobody knows yet what it costs
        after = replace(state, deep_corrections=1)
        assert (trainer._affordable(after, NoTime()), trainer._affordable(after, Unlimited())) == (50, 120)


def test_an_ordinary_differential_equation_is_marched_through_before_anything_else() -> None:
    done = run(decay(), 60, accuracy=1e-6)
    assert {report.stage for _, report in done} == {"start", "windows"}
    state = done[-1][0]
    assert state.finished == "accuracy" and state.best.error <= 1e-6
    rounds = [state.rounds.march.rounds for state, _ in done[1:]]
    assert rounds == sorted(rounds) and rounds[-1] >= 2


def test_without_time_for_another_march_the_last_one_stands() -> None:
    """And the part of the second that was done tells its error."""
    trainer = Automatic(collocation(decay(), **{**SMALL, "accuracy": 1e-9, "first_window": 0.05, "window_growth": 1.0}))
    with torch.no_grad():
        state, _ = trainer.step(trainer.init())
        while not state.rounds or state.rounds.march.rounds < 1:
            state, _ = trainer.step(state)
        while not state.finished:
            state, report = trainer.step(state, NoTime())
        points = trainer.collocation.domain_points(300, Purpose(0, 5))
        found = state.best.ansatz.groups[0].push(state.best.theta, points, JetSpec.closure(1, []))[0][0, :, 0]
    exact = 1 / (1 + points[:, 0])
    assert state.finished == "time" and "no time" in report.message and state.rounds.march.chain.end < 1
    error = ((found - exact).norm() / exact.norm()).item()
    assert error < 1e-8 and error / 3 < state.best.error < 1e-6


def test_a_problem_whose_solution_is_zero_is_no_obstacle() -> None:
    domain = Interval(0, 1)
    u, (x,) = Field("u", domain), domain.coordinates
    problem = Problem([u], [Condition("straight", diff(u, x, x) == 0, on=domain), Condition("ends", u == 0, on=domain.boundary)])
    state, _ = run(problem, 8)[-1]
    assert state.finished == "accuracy" and state.best.score < 1e-12


def under_determined(case: str) -> Problem:
    """A beam of which only the ends are held, and a decay from nobody knows what, of which zero is a solution."""
    domain = Interval(0, 1)
    u, (x,) = Field("u", domain), domain.coordinates
    if case == "decay":
        return Problem([u], [Condition("decay", diff(u, x) == -u, on=domain)])
    return Problem([u], [Condition("beam", diff(u, x, x, x, x) == 24, on=domain), Condition("held", u == 0, on=domain.boundary)])


@pytest.mark.parametrize("case", ["beam", "decay"])
def test_a_problem_with_many_solutions_ends_with_one_and_says_so(case: str) -> None:
    points = collocation(under_determined(case), **SMALL)
    with torch.no_grad():
        state, verdict = drive(Automatic(points), Limits(points.plan.settings, float("inf")), None)
    assert verdict.status == "stagnation" and "other solutions" in verdict.reason
    assert state.best.undetermined and not state.best.reliable and state.best.score < 1e-8


def test_a_problem_that_contradicts_itself_ends_in_stagnation() -> None:
    domain = Interval(0, 1)
    u, (x,) = Field("u", domain), domain.coordinates
    problem = Problem([u], [Condition("curved", diff(u, x, x) == 1, on=domain), Condition("flat", diff(u, x, x) == 0, on=domain.interior),
                            Condition("ends", u == 0, on=domain.boundary)])
    points = collocation(problem, **SMALL)
    limits = Limits(points.plan.settings, float("inf"))
    with torch.no_grad():
        state, verdict = drive(Automatic(points), limits, None)
    assert verdict.status == "stagnation" and verdict.exit_status == 2
    assert "residual on fresh points" in verdict.reason
    # The compromise u'' = ½ leaves half the contradiction in either condition.
    assert state.judge.residuals(state.best.ansatz, state.best.theta)["curved"] == pytest.approx(0.5, rel=0.1)


def test_an_error_falls_no_faster_than_its_residual() -> None:
    """Of two estimates of nearly the same solution the smaller one is not believed."""
    before, after = {"u": 1.5e-4, "v": 1e-6}, {"u": 1.8e-5, "v": 1e-5}
    assert _no_faster(before, after, 1.02) == pytest.approx({"u": 1.5e-4 / 1.02, "v": 1e-5})
    assert _no_faster(before, after, 100.0) == after


def test_a_march_is_preferred_for_a_smaller_residual_or_a_smaller_error_to_rely_on() -> None:
    theta = torch.zeros(0)
    trained, found = (Candidate(Ansatz((), numbers), theta, 1e-3, {"u": 1e-2}, reliable=True) for numbers in (1, 2))
    assert _preferred(trained, None) and _preferred(replace(trained, estimate={}), trained)
    assert _preferred(replace(found, score=1e-4, estimate={}), trained)
    assert _preferred(replace(found, score=1e-2, estimate={"u": 1e-3}), trained)
    assert not _preferred(replace(found, score=1e-2, estimate={"u": 1e-3}, reliable=False), trained)
    assert not _preferred(replace(found, score=1e-2, estimate={"u": 1e-1}), trained)


def test_before_the_first_correction_a_trained_network_that_is_better_is_the_solution() -> None:
    features, network = (Candidate(Ansatz(()), torch.zeros(0), score) for score in (1e-2, 1e-3))
    state = State(corrected=features, trained=network)
    assert state.best is network
    assert replace(state, trained=replace(network, score=1e-1)).best is features
    assert replace(state, deep_corrections=1).best is features


@pytest.mark.parametrize("gain, marches", [(1.0, True), (17.0, True), (190.0, False)])
def test_an_evolution_is_marched_through_where_corrections_promise_less_than_is_missing(gain: float, marches: bool) -> None:
    domain = Interval(0, 1) * TimeInterval(0, 1)
    x, t = domain.coordinates
    u = Field("u", domain)
    heat = Problem([u], [Condition("heat", diff(u, t) == diff(u, x, x), on=domain), Condition("start", u == sin(pi * x), on=domain.initial),
                         Condition("ends", u == 0, on=domain.boundary)])
    trainer = Automatic(collocation(heat, accuracy=1e-4))
    state = State(corrected=Candidate(Ansatz(()), torch.zeros(0), 1e-3, {"u": 12e-4}), gain=gain)
    assert not trainer._marches(state)
    assert trainer._marches(replace(state, deep_corrections=1)) is marches


@pytest.mark.parametrize("estimate, ends", [({"u": 1e-5, "k": 0.02}, True), ({"u": 1e-5, "k": 0.05}, False), ({"u": 0.02, "k": 0.02}, False),
                                            ({"u": 0.009, "k": 1e-5}, True), ({"u": 1e-5, "k": 1e-5}, False)])
def test_a_run_is_over_when_noise_leaves_more_open_than_what_is_not_solved(estimate: dict[str, float], ends: bool) -> None:
    domain = Interval(0, 1)
    u, k = Field("u", domain), Parameter("k")
    problem = Problem([u], [Condition("balance", k * diff(u, domain.coordinates[0]) == 1, on=domain)])
    found = Confidence({"k": Interval95(0.9, 1.1)}, {}, {"u": 0.03})
    assert _within_noise(Candidate(None, None, 0.0, estimate, confidence=found), problem, 1e-4) is ends

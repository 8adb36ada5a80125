"""The four ways to minimise the separated objective: one interface, one start, states that can be saved, losses that fall."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from io import BytesIO

import pytest
import torch
from compute_problems import SMALL, collocation, decay, source
from reference import assert_same
from separated_problems import WEIGHTINGS, burgers, pair, separated, shifted, values
from torch import Tensor

from pinnaux.collocation import Collocation
from pinnaux.elimination import EliminatedSystem, reduced_gradient
from pinnaux.problem import Problem
from pinnaux.self_adaptive import NormProducts, Sensitivities
from pinnaux.separated import Auxiliaries, Separated, Weights, flattened
from pinnaux.serial import decode, encode
from pinnaux.solver import Limits, drive
from pinnaux.trainers.alternating import Alternating
from pinnaux.trainers.auxiliary import AuxiliaryState
from pinnaux.trainers.state import Report, Trainer, Unlimited
from pinnaux.trainers.eliminated import Eliminated
from pinnaux.trainers.gauss_newton import GaussNewton
from pinnaux.trainers.joint import Joint
from pinnaux.trainers.levenberg_marquardt import Descent, LevenbergMarquardt

NEVER = 1e-300
TRAINERS: dict[str, Callable[[Collocation], Trainer]] = {
    "joint adam": lambda points: Joint(points, rate=1e-4, report_every=5),
    "joint descent": lambda points: Joint(points, rate=None, report_every=5),
    "alternating": lambda points: Alternating(points, report_every=2),
    "eliminated": lambda points: Eliminated(points, report_every=5),
    "gauss-newton": lambda points: GaussNewton(points, refresh_every=100, report_every=2),
    "gauss-newton norm": lambda points: GaussNewton(points, weighting=NormProducts(), refresh_every=100, report_every=2),
}
STEPS = {"gauss-newton": 8, "gauss-newton norm": 8, "alternating": 24}
"""Of the quick methods few, and of sweeps enough that they come below the start again: they may rise first."""


@pytest.fixture(autouse=True)
def no_graphs():
    with torch.no_grad():
        yield


def points_of(problem: Callable[[], Problem], **settings: object) -> Collocation:
    return collocation(problem(), **{**SMALL, "hidden_widths": (5, 4), "accuracy": NEVER, **settings})


def run(trainer: Trainer, steps: int) -> list[tuple[AuxiliaryState, Report]]:
    done = [trainer.step(trainer.init(), Unlimited())]
    for _ in range(steps):
        done.append(trainer.step(done[-1][0], Unlimited()))
    return done


def loss(trainer: Trainer, state: AuxiliaryState) -> float:
    return trainer.run.separated(state).objective.residual(state.theta).square().sum().item()


@pytest.mark.parametrize("name", TRAINERS)
@pytest.mark.parametrize("problem", [values, decay, pytest.param(pair, marks=pytest.mark.slow), pytest.param(source, marks=pytest.mark.slow)])
def test_the_original_loss_falls_and_the_separated_one_bounds_it(name: str, problem: Callable) -> None:
    trainer = TRAINERS[name](points_of(problem))
    done = run(trainer, STEPS.get(name, 40))
    before, after = loss(trainer, done[0][0]), loss(trainer, done[-1][0])
    assert after < (0.9 if "gauss" in name else 1) * before
    measured = [report.consistency for _, report in done if report.losses]
    assert len(measured) >= 4 and all(measured)
    assert all(one.holds for one in measured) or (name == "gauss-newton norm" and problem is not values)
    assert done[-1][0].best.score <= done[0][0].best.score


@pytest.mark.parametrize("name", TRAINERS)
def test_all_begin_at_the_same_start_without_defects(name: str) -> None:
    state, report = run(TRAINERS[name](points_of(burgers)), 0)[0]
    same, _ = run(TRAINERS["gauss-newton"](points_of(burgers)), 0)[0]
    assert report.stage == "start" and torch.equal(state.theta, same.theta)
    system = TRAINERS[name](points_of(burgers)).run.separated(state)
    assert all((defect == 0).all() for chain in system.defects(state.theta, state.auxiliaries) for defect in chain)


@pytest.mark.parametrize("name", TRAINERS)
def test_a_saved_state_goes_on_as_the_run_would_have_to_the_last_bit(name: str) -> None:
    trainer = TRAINERS[name](points_of(source))
    state = run(trainer, 6)[-1][0]
    buffer = BytesIO()
    torch.save(encode({one.name: getattr(state, one.name) for one in fields(state)}), buffer)
    buffer.seek(0)
    again = AuxiliaryState(**decode(torch.load(buffer, weights_only=True)))
    other = TRAINERS[name](points_of(source))
    for _ in range(3):
        (state, report), (again, same) = trainer.step(state, Unlimited()), other.step(again, Unlimited())
        assert report == same and state.steps == again.steps and state.rate == again.rate
        assert torch.equal(state.theta, again.theta) and torch.equal(flattened(state.auxiliaries), flattened(again.auxiliaries))
        assert all(torch.equal(*pair) for pair in zip(state.memory, again.memory)) and state.best.score == again.best.score


def test_jets_that_were_trained_are_part_of_the_state_and_differ_from_a_push() -> None:
    for name in ("joint adam", "joint descent"):
        trainer = TRAINERS[name](points_of(values))
        state = run(trainer, 6)[-1][0]
        defects = trainer.run.separated(state).defects(state.theta, state.auxiliaries)
        assert any((defect != 0).any() for chain in defects for defect in chain)


@pytest.mark.parametrize("name", TRAINERS)
def test_new_points_have_jets_of_a_push(name: str) -> None:
    trainer = replace(TRAINERS[name](points_of(burgers)), refresh_every=3)
    states = [state for state, _ in run(trainer, 4)]
    drawn = [state.surroundings[0].points for state in states]
    assert [torch.equal(one, other) for one, other in zip(drawn, drawn[1:])] == [True, True, True, False]
    moved = trainer.run._moved(states[3])[0]
    assert torch.equal(moved.surroundings[0].points, drawn[4])
    assert torch.equal(flattened(moved.auxiliaries), flattened(trainer.run.separated(moved).push(moved.theta)))


def test_with_tight_weights_gauss_newton_is_levenberg_marquardt_on_the_original_loss() -> None:
    trainer = TRAINERS["gauss-newton"](points_of(burgers))
    done = [state for state, _ in run(trainer, 4)]
    expected = Descent(trainer.run.separated(done[0]).objective, done[0].theta, done[0].rate)
    for state in done[1:]:
        expected = LevenbergMarquardt().step(expected)
        assert_same(state.theta, expected.theta, 1e-6, 0)
        assert state.rate == pytest.approx(expected.damping)


@pytest.mark.parametrize("problem", [burgers, pair, pytest.param(source, marks=pytest.mark.slow)])
@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_the_first_order_step_follows_the_gradient_of_the_eliminated_system(problem: Callable, weighting: str) -> None:
    system, theta = separated(problem)
    auxiliaries = shifted(system.push(theta), 0.2)
    weights = WEIGHTINGS[weighting].weights(system, theta, auxiliaries)
    residual, rows = EliminatedSystem.of(system, theta, auxiliaries, weights).system()
    assert_same(reduced_gradient(system, theta, auxiliaries, weights), 2 * rows.T @ residual, 1e-11, 0)


def test_descent_never_raises_the_separated_objective() -> None:
    fixed = Fixed(margin=float("inf"))
    trainer = Joint(points_of(burgers), rate=None, weighting=fixed)
    found = []
    for state, _ in run(trainer, 30):
        system = trainer.run.separated(state)
        found.append(system.value(state.theta, state.auxiliaries, fixed.weights(system, state.theta, state.auxiliaries)).item())
    assert all(after <= before for before, after in zip(found, found[1:])) and found[-1] < 0.999 * found[0]


@dataclass(frozen=True)
class Fixed:
    """Weights that do not change."""

    size: float = 0.01
    margin: float = 0.0

    def weights(self, separated: Separated, theta: Tensor, auxiliaries: Auxiliaries) -> Weights:
        return tuple(tuple(torch.full_like(jet[0, :, 0], self.size / jet.shape[1]) for jet in chain) for chain in auxiliaries)


def test_weights_that_are_too_small_are_reported_and_the_jets_pushed_anew() -> None:
    trainer = Joint(points_of(values), rate=0.01, weighting=Fixed(1e-9), report_every=60)
    states = run(trainer, 60)
    state, report = states[-1]
    assert not report.consistency.holds and report.message == "auxiliary jets pushed anew"
    assert torch.equal(flattened(state.auxiliaries), flattened(trainer.run.separated(state).push(state.theta)))
    points = points_of(values, steps=61)
    _, verdict = drive(Joint(points, rate=0.01, weighting=Fixed(1e-9), report_every=60), Limits(points.plan.settings, float("inf")), None)
    assert "did not bound the loss in 1 of 1 checks" in verdict.notes[0]


def test_the_floor_of_tight_weights_is_a_share_of_their_mean() -> None:
    system, theta = separated(burgers)
    auxiliaries = system.push(theta)
    tight, floored = (Sensitivities(floor).weights(system, theta, auxiliaries) for floor in (0.0, 0.5))
    pairs = [pair for chains in zip(tight, floored) for pair in zip(*chains)]
    assert all(torch.equal(other, torch.clamp(one, min=0.5 * one.mean().item())) for one, other in pairs)
    assert any((one < other).any() for one, other in pairs)


def test_a_run_that_has_reached_the_accuracy_says_so() -> None:
    points = points_of(decay, accuracy=1e-3, hidden_widths=(8,), time_limit=60.0)
    state, verdict = drive(GaussNewton(points), Limits(points.plan.settings, float("inf")), None)
    assert verdict.status == "accuracy" and state.best.reliable
    middle, spec = torch.tensor([[0.5]], dtype=torch.float64), points.plan.regions[0].specs[0]
    found = state.best.ansatz.groups[0].push(state.best.theta, middle, spec)[0][0, 0, 0]
    assert abs(found.item() - 1 / 1.5) < 3e-3


def test_without_time_the_best_is_estimated_last() -> None:
    trainer = TRAINERS["gauss-newton"](points_of(decay))
    state = run(trainer, 2)[-1][0]
    following, report = trainer.step(state, Unlimited(hurry=True))
    assert report.stage == "correction" and following.best.estimate.keys() == {"u"} and torch.equal(following.best.theta, state.best.theta)

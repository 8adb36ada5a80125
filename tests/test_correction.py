"""Corrections in closed form: what they estimate is the error, and what they correct is corrected."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from cases import normal
from compute_problems import SMALL, bar, collocation, conductivity, decay, plate

from pinnaux import Condition, Field, Interval, Rectangle, cos, diff, exp, laplacian, pi, sin, solve, tanh
from pinnaux.ansatz import Ansatz, Candidate, Features, Frozen, Group, Trained, Trial
from pinnaux.architecture import embedding, nothing, start, wide
from pinnaux.collocation import Collocation, Purpose
from pinnaux.evaluate import parameter_value
from pinnaux.jets.inputs import Embedding
from pinnaux.linalg import QuadraticForm
from pinnaux.network import Network, spread
from pinnaux.objective import Objective, balanced_weights
from pinnaux.problem import Problem
from pinnaux.solution import Solution
from pinnaux.trainers.closed_form import gauss_newton
from pinnaux.trainers.correction import Correction, correct, mixed, relative_change
from pinnaux.trainers.features import held_out, solve_trial
from pinnaux.trainers.sensitivity import Amplified, most_amplified
from pinnaux.verdict import Verdict


def unit(frequency: float, kind: str = "sin") -> Features:
    """One unit, amplitude to be given: sin(frequency · x) for the kind sin."""
    network = Network.dense(Embedding((0.0,), (1 / frequency,), (0.0,)), (1,), 1, kind)
    return Features(network, torch.tensor([1.0, 0.0], dtype=torch.float64))


def candidate(points: Collocation, *terms: tuple[Features, float], numbers: torch.Tensor | None = None, trial: Trial | None = None) -> Candidate:
    """The sum of units with amplitudes, judged."""
    ansatz = Ansatz((Group(("u",), ("x",), tuple(branch for branch, _ in terms)),), 0 if numbers is None else len(numbers))
    theta = torch.tensor([part for _, amplitude in terms for part in (amplitude, 0.0)], dtype=torch.float64)
    theta = theta if numbers is None else torch.cat([theta, numbers])
    return Candidate(ansatz, theta, held_out(points).score(ansatz, theta), trial=trial)


def true_error(points: Collocation, found: Candidate) -> float:
    return Solution(points.plan.problem, points, found.ansatz, found.theta, Verdict("steps", "", 1e-4)).errors()["u"]


@pytest.mark.parametrize("trial", [None, Trial("sin", 2.0, 60)], ids=["bends", "trial"])
@pytest.mark.parametrize("wrong", [(unit(np.pi), 0.05), (unit(7.0), 1e-3), (unit(3.0, "tanh"), -1e-6)], ids=["amplitude", "wave", "small"])
def test_the_estimate_is_the_error_of_what_is_corrected(wrong: tuple[Features, float], trial: Trial | None) -> None:
    points = collocation(bar(), **SMALL)
    before = candidate(points, (unit(np.pi), 1.0), wrong, trial=trial)
    correction = correct(points, held_out(points), before, 0, 100)
    assert correction.reliable
    assert correction.before.error == pytest.approx(true_error(points, before), rel=0.1)
    assert true_error(points, correction.after) < 1e-3 * true_error(points, before)
    assert correction.kept and correction.after.score < 1e-2 * before.score


def test_the_error_left_by_a_correction_is_estimated_to_its_order() -> None:
    points = collocation(bar(3.0), **SMALL)
    before = candidate(points, (unit(3 * np.pi), 1.0), (unit(2.0), 0.03))
    correction = correct(points, held_out(points), before, 0, 100)
    true = true_error(points, correction.after)
    assert true / 10 < correction.after.error < 50 * true        # too large is the safer side


@pytest.mark.parametrize(("held_gain", "error", "reliable"),
                         [(2.0, 1e-4, True), (1.0, 1e-4, False), (1.0, 1e-5, True), (1.0, 1e-3, False), (0.01, 1e-5, False)])
def test_an_overfitted_estimate_is_relied_on_only_far_below_the_accuracy(held_gain: float, error: float, reliable: bool) -> None:
    found = replace(candidate(collocation(bar(), **SMALL), (unit(np.pi), 1.0)), estimate={"u": error})
    correction = Correction(found, found, 50.0, held_gain, 1e-6, accuracy=1e-4)
    assert correction.reliable is correction.best.reliable is reliable


def test_an_overfitted_correction_is_relied_on_by_its_own_size_not_by_what_it_promises_to_leave() -> None:
    """A rod at 293 K heated from both ends: the residual fell 2000 times where it was solved for, 29 times elsewhere, and the error doubled."""
    found = candidate(collocation(bar(), **SMALL), (unit(np.pi), 1.0))
    before, after = replace(found, estimate={"u": 1.8e-4}), replace(found, score=found.score / 2, estimate={"u": 6e-6})
    assert not Correction(before, after, 2000.0, 29.0, 2e-4, accuracy=1e-4).reliable
    assert Correction(before, after, 700.0, 29.0, 2e-4, accuracy=1e-4).reliable


def test_where_a_correction_is_mostly_noise_the_error_is_not_taken_to_be_the_smaller_for_it() -> None:
    """Fewer points than functions: whatever is solved for is solved, and nothing elsewhere."""
    points = collocation(bar(), **{**SMALL, "correction_oversampling": 0.2})
    before = candidate(points, (unit(np.pi), 1.0), (unit(60.0), 1e-3))
    correction = correct(points, held_out(points), before, 0, 100)
    assert correction.held_gain < 0.1 and not correction.kept and not correction.reliable
    assert correction.best.error > true_error(points, before)


@pytest.mark.parametrize(("train_gain", "share", "error", "reliable"),
                         [(1.1, 1e-3, 1e-6, True), (1.1, 1e-3, 5e-5, False), (3.0, 1e-3, 5e-5, True), (1.1, 0.1, 1e-6, False), (1.0, 1e-12, 5e-5, True)])
def test_a_correction_that_removes_little_proves_little(train_gain: float, share: float, error: float, reliable: bool) -> None:
    found = replace(candidate(collocation(bar(), **SMALL), (unit(np.pi), 1.0)), estimate={"u": error})
    assert Correction(found, found, train_gain, 1.0, share, accuracy=1e-4).reliable is reliable


@pytest.mark.parametrize(("amplified", "share", "reliable"), [
    (Amplified(1e5), 1e-6, True), (Amplified(1e7), 1e-6, False), (Amplified(1e7), 1e-12, True), (Amplified(1e13), 1e-18, False),
    (Amplified(1e7, seen=False), 1e-12, False), (Amplified(1e5, seen=False), 1e-12, True), (Amplified(10.0, seen=False, open=True), 1e-12, False),
    (Amplified(0.0, seen=False, open=True), 0.0, False), (Amplified(math.inf), 0.0, False)])
def test_what_is_amplified_much_proves_nothing_unless_even_the_worst_is_accurate(amplified: Amplified, share: float, reliable: bool) -> None:
    found = replace(candidate(collocation(bar(), **SMALL), (unit(np.pi), 1.0)), estimate={"u": 1e-7})
    correction = Correction(found, found, 10.0, 10.0, share, accuracy=1e-4, amplified=amplified)
    assert correction.reliable is reliable and correction.best.undetermined is amplified.open


def held_at(*parts: str, size: float = 1.0) -> Problem:
    """u'' = −π² sin πx, in some unit, on an interval, with values given on parts of its boundary."""
    domain = Interval(0, 1)
    field, (x,) = Field("u", domain), domain.coordinates
    return Problem([field], [Condition("balance", diff(field, x, x) == -size * pi**2 * sin(pi * x), on=domain),
                             Condition("ends", field == 0, on=domain.boundary[parts])])


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize(("parts", "open"), [(("left", "right"), False), (("left",), True)])
def test_where_a_condition_is_missing_nothing_is_proved_in_whatever_unit(parts: tuple[str, ...], open: bool, size: float) -> None:
    points = collocation(held_at(*parts, size=size), **SMALL)
    correction = correct(points, held_out(points), candidate(points, (unit(np.pi), size), (unit(7.0), 1e-3 * size)), 0, 100)
    assert correction.amplified.open is open is not correction.reliable and correction.amplified.seen is not open
    assert 0.1 < correction.amplified.factor < 100 or open


def test_the_error_of_a_number_that_is_stuck_is_not_known() -> None:
    """So near to its bound that nothing moves it any more."""
    points = collocation(conductivity(), **SMALL)
    before = candidate(points, (unit(np.pi), 1.0), numbers=torch.tensor([-800.0], dtype=torch.float64))
    assert math.isinf(relative_change(points, before, before.ansatz, before.theta, points.domain_points(20, Purpose(0, 1)))["k"])


def test_what_was_seen_to_be_open_stays_so() -> None:
    """Other functions may be too coarse to show it again."""
    points = collocation(held_at("left", "right"), **SMALL)
    found = replace(candidate(points, (unit(np.pi), 1.0), (unit(7.0), 1e-3)), undetermined=True)
    for linear in (True, False):
        judge = replace(held_out(points), linear=linear)
        assert correct(points, judge, found, 0, 100).best.undetermined is linear


def test_functions_that_nearly_cancel_are_not_taken_for_other_solutions() -> None:
    """Conditions see two columns apart, but not together: e is what remains of them if they are 1e6 times larger, or is free where they add up."""
    points = collocation(bar(), **SMALL)
    where = points.domain_points(10, Purpose(0, 1))
    for size, free in ((1e-6, False), (1.0, True)):
        triangle = torch.tensor([[1.0, -1.0, 0.0], [0.0, 1e-11, 0.0], [0.0, 0.0, 1.0]], dtype=torch.float64)
        form = QuadraticForm(triangle, torch.ones(3, dtype=torch.float64), 1e-11)
        rows = torch.ones(10, 1, dtype=torch.float64) * torch.tensor([1.0, size - 1.0, 0.0], dtype=torch.float64)
        for unit_of_u in (1e-9, 1.0, 1e9):
            assert most_amplified(points, {"u": rows / unit_of_u}, form, where).open is free


def test_near_a_resonance_small_residuals_of_smooth_functions_prove_nothing() -> None:
    """Δu + k²u = f with k² next to an eigenvalue: smooth functions leave 1e-5 of the residual and miss the eigenfunction, a third of u."""
    domain = Rectangle((0, 0), (1, 1))
    field, (x, y) = Field("u", domain), domain.coordinates
    gap, square, smooth, mode = 0.01, 18 * float(np.pi) ** 2 + 0.01, exp(x) * cos(y), sin(3 * pi * x) * sin(3 * pi * y)
    problem = Problem([field], [
        Condition("balance", laplacian(field) + square * field == gap * mode + square * smooth, on=domain),
        Condition("walls", field == smooth, on=domain.boundary)], exact={"u": mode + smooth})
    points = collocation(problem, **SMALL)
    judge = held_out(points)
    found = solve_trial(points, judge, Trial("sin", 1.0, 60))
    correction = correct(points, judge, found, 0, 300)
    assert correction.share < 1e-4 and true_error(points, found) > 0.1
    assert not correction.reliable


@pytest.mark.parametrize(("amplification", "reliable"), [(100.0, True), (1e5, False)])
def test_a_correction_that_removes_little_proves_nothing_where_the_rest_may_be_amplified(amplification: float, reliable: bool) -> None:
    found = replace(candidate(collocation(bar(), **SMALL), (unit(np.pi), 1.0)), estimate={"u": 1e-6})
    assert Correction(found, found, 1.1, 1.0, 1e-6, accuracy=1e-4, amplified=Amplified(amplification)).reliable is reliable


def test_corrections_of_features_have_other_scales_too() -> None:
    """Half the units have the trial's scale, the others all scales that trials have: of sine, from 1 to 14."""
    layer, places = Embedding((0.5,), (0.5,), (0.0,)), torch.linspace(0, 1, 101, dtype=torch.float64)[:, None]
    units = mixed(layer, places, (1, 4000), Trial("sin", 1.0, 60), 14.0, torch.Generator().manual_seed(0))
    size = units.network.layers[0].split(units.hidden)[0][:, 0].abs() * (2 * places - 1).std()
    assert size[::2].square().mean().sqrt().item() == pytest.approx(1.0, rel=0.1)
    assert size[1::2].square().mean().sqrt().item() == pytest.approx(((14**2 - 1) / (2 * np.log(14))) ** 0.5, rel=0.1)


def test_a_field_that_is_zero_beside_another_is_measured_by_the_other() -> None:
    domain = Interval(0, 1)
    (x,), one, other = domain.coordinates, Field("one", domain), Field("other", domain)
    solution = solve(Problem([one, other], [
        Condition("first", diff(one, x, x) + other == -pi**2 * sin(pi * x), on=domain), Condition("second", diff(other, x, x) == other, on=domain),
        Condition("ends", one == 0, on=domain.boundary), Condition("other ends", other == 0, on=domain.boundary)]))
    assert solution.verdict.status == "accuracy" and solution.verdict.elapsed < 60


def test_what_is_known_up_to_a_constant_is_measured_up_to_it() -> None:
    """u' = cos πx, which says nothing of the level of u: sin πx / π and any constant."""
    domain = Interval(0, 1)
    (x,), u = domain.coordinates, Field("u", domain)
    problem = Problem([u], [Condition("slope", diff(u, x) == cos(pi * x), on=domain)], exact={"u": sin(pi * x) / pi - 7})
    points = collocation(problem, **SMALL)
    before = candidate(points, (unit(np.pi), 1 / np.pi), (unit(2 * np.pi), 1e-3))
    shifted = replace(before, theta=before.theta.clone())
    shifted.theta[-1] += 5.0  # the bias of an output layer
    places = torch.linspace(0, 1, 1001, dtype=torch.float64)[:, None]
    wave, error = (torch.sin(factor * places[:, 0]) for factor in (np.pi, 2 * np.pi))
    expected = (1e-3 * error).norm().item() / (wave / np.pi - (wave / np.pi).mean()).norm().item()
    exact = candidate(points, (unit(np.pi), 1 / np.pi))
    for one in (before, shifted):
        assert relative_change(points, one, exact.ansatz, exact.theta, places)["u"] == pytest.approx(expected, rel=1e-9)
        solution = Solution(problem, points, one.ansatz, one.theta, Verdict("time", "", 1e-4))
        assert solution.errors(places.numpy())["u"] == pytest.approx(expected, rel=1e-2)


def test_another_correction_of_the_same_agrees() -> None:
    points = collocation(bar(), **SMALL)
    before = candidate(points, (unit(np.pi), 1.0), (unit(4.0), 0.01))
    first, second = (correct(points, held_out(points), before, number, 100).before.error for number in (0, 1))
    assert first == pytest.approx(second, rel=0.05) and first != second


def test_what_is_corrected_is_left_as_it_was() -> None:
    points = collocation(bar(), **SMALL)
    before = candidate(points, (unit(np.pi), 1.05))
    kept = before.theta.clone()
    correction = correct(points, held_out(points), before, 0, 100)
    assert torch.equal(before.theta, kept) and correction.before.ansatz is before.ansatz


def test_the_error_of_an_unknown_number_is_estimated_too() -> None:
    points = collocation(conductivity(), **SMALL)
    (k,) = points.plan.problem.parameters
    free = torch.tensor([np.log((2.7 - 0.5) / (5 - 2.7))], dtype=torch.float64)     # k = 2.7 instead of 3
    assert parameter_value(k, free).item() == pytest.approx(2.7)
    correction = correct(points, held_out(points), candidate(points, (unit(np.pi), 1.0), numbers=free), 0, 100)
    assert correction.before.estimate["k"] == pytest.approx(0.1, rel=0.1)
    assert correction.after.estimate["k"] < 1e-2
    assert parameter_value(k, correction.after.theta[-1]).item() == pytest.approx(3.0, rel=1e-3)


def trained(problem: Problem, points: Collocation) -> Candidate:
    """A network with its output layer solved for: good to some digits."""
    (fields,) = points.plan.groups
    network = Network.dense(embedding(fields, problem.domain), (20, 40), 1, "tanh")
    own = spread(network, points.domain_points(200, Purpose(0, 50)), 1.0, torch.Generator().manual_seed(0))
    hidden = own[: network.size - network.layers[-1].size]
    names = tuple(coordinate.name for coordinate in fields[0].coordinates)
    features = Ansatz((Group(("u",), names, (Features(network, hidden),)),))
    objective = Objective.unweighted(features, points.blocks(300, Purpose(0, 51)))
    objective = Objective(features, objective.blocks, balanced_weights(objective, torch.zeros(features.size, dtype=torch.float64)))
    output = gauss_newton(objective, torch.zeros(features.size, dtype=torch.float64), 8, 1e-9).theta
    ansatz, theta = Ansatz((Group(("u",), names, (Trained(network),)),)), torch.cat([hidden, output])
    return Candidate(ansatz, theta, held_out(points).score(ansatz, theta))


@pytest.mark.parametrize("problem", [plate, decay])
def test_a_trained_network_is_corrected_and_its_error_estimated(problem) -> None:
    declared = problem()
    points = collocation(declared, **SMALL)
    before = trained(declared, points)
    correction = correct(points, held_out(points), before, 0, 150)
    error = true_error(points, before)
    assert 1e-12 < error < 0.3
    assert error / 3 < correction.before.error < 3 * error
    assert true_error(points, correction.best) < 0.3 * error
    assert any(isinstance(branch, Frozen) for branch in correction.after.ansatz.groups[0].branches)


def test_the_directions_of_its_own_parameters_correct_what_no_feature_could() -> None:
    """A front that is too steep for the features, and a network whose front has the wrong slope and place."""
    domain = Interval(0, 1)
    u, (x,) = Field("u", domain), domain.coordinates
    front = tanh(3000 * (x - 0.3))
    points = collocation(Problem([u], [Condition("value", u == front, on=domain)], exact={"u": front}), **SMALL)
    network = Network.dense(Embedding((0.0,), (1.0,), (0.0,)), (1,), 1, "tanh")
    theta = torch.tensor([2950.0, -0.3 * 2950 + 0.02, 1.001, 0.001], dtype=torch.float64)
    ansatz = Ansatz((Group(("u",), ("x",), (Trained(network),)),))
    judge = held_out(points)
    correction = correct(points, judge, Candidate(ansatz, theta, judge.score(ansatz, theta)), 0, 100)
    error = true_error(points, correction.before)
    assert error > 1e-3 and true_error(points, correction.after) < 0.03 * error


def test_features_far_from_the_solution_are_not_called_reliable_when_nothing_helps() -> None:
    """A source that no smooth correction can follow: noise in space."""
    points = collocation(bar(150.0), **SMALL)
    ansatz = wide(points, "sin", 2.0, 100, Purpose(0, 1))
    theta = start(ansatz, points) + 1e-3 * normal(ansatz.size)
    judge = held_out(points)
    correction = correct(points, judge, Candidate(ansatz, theta, judge.score(ansatz, theta)), 0, 100)
    assert not correction.reliable or correction.best.error > 0.1


def test_where_no_step_lowers_the_residual_nothing_is_said_of_the_error() -> None:
    """u^3.5 at u = 0 has no slope: the correction cannot move, and zero change is no estimate."""
    domain = Interval(0, 1)
    u, (x,) = Field("u", domain), domain.coordinates
    problem = Problem([u], [Condition("power", u**3.5 == 1 + x, on=domain)])
    points = collocation(problem, **SMALL)
    judge = held_out(points)
    correction = correct(points, judge, nothing(points), 0, 60)
    assert correction.before.estimate == correction.after.estimate == {}
    assert not correction.reliable

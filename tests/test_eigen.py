"""Eigenvalue problems solved: without a start, degenerate modes included, against exact eigenvalues and finite differences."""

from __future__ import annotations

from dataclasses import replace

import time
from dataclasses import replace
from pathlib import Path

import meshio
import numpy as np
import pytest
import torch
from compute_problems import SMALL, collocation
from eigen_problems import KNOWN, SQUARE, UNIT, magnetic, membrane, on_line, rotating
from scipy.linalg import eigh_tridiagonal
from scipy.special import jn_zeros, jv

from pinnaux import diff, solve
from pinnaux.ansatz import Candidate, Trial
from pinnaux.errors import TrainingError, UsageError
from pinnaux.export import export
from pinnaux.jets.spec import JetSpec
from pinnaux.problem import Problem
from pinnaux.report import report
from pinnaux.solution import Solution
from pinnaux.solver import Limits, drive
from pinnaux.trainers.eigen import Eigen, State
from pinnaux.trainers.mode_set import ModeSet
from pinnaux.trainers.pencil import Pencil
from pinnaux.trainers.state import Unlimited

QUICK = {**SMALL, "pilot_features": 80, "feature_sizes": (160,), "feature_trials": (("sin", 2.0), ("sin", 4.0), ("tanh", 2.0))}
# Problem, modes, and the relative error allowed with a few features.
SOLVED = {
    "string": (4, 1e-10), "integral": (3, 1e-8), "negative": (3, 1e-10), "near": (3, 1e-9), "on the spot": (3, 1e-9), "small units": (2, 1e-10),
    "Sturm-Liouville": (2, 1e-8), "weight": (2, 1e-8), "step": (4, 1e-8), "not self-adjoint": (3, 1e-7), "ring": (5, 1e-9), "Mathieu": (4, 1e-6),
    "cantilever": (3, 1e-6), "well": (3, 1e-3), "square": (4, 1e-4), "free square": (4, 1e-4), "disk": (5, 1e-4), "polar disk": (3, 1e-4), "Steklov": (5, 1e-6), "endless": (5, 1e-9),
}


def finished(problem: Problem, **settings: object) -> State:
    """The end of a run with few features."""
    trainer = Eigen(collocation(problem, **{**QUICK, **settings}))
    with torch.no_grad():
        state, _ = trainer.step(trainer.init())
        while state.finished is None:
            state, _ = trainer.step(state, Unlimited())
    return state


def relative(found: np.ndarray, known: np.ndarray) -> np.ndarray:
    return np.abs(found - known) / np.where(known == 0, np.abs(known).max(), np.abs(known))


@pytest.mark.parametrize("name", SOLVED)
def test_eigenvalues_are_the_exact_ones_in_their_order(name: str) -> None:
    modes, allowed = SOLVED[name]
    state = finished(KNOWN[name].problem(modes), accuracy=allowed)
    found, known = state.modes.values[:modes].numpy(), np.array(KNOWN[name].values[:modes])
    if name == "endless":  # two of opposite sign are equally near
        found = np.abs(found)
    errors = relative(found, known)
    assert errors.max() < allowed
    assert state.best.reliable and errors.max() < max(1e-9, 20 * state.best.error)


def test_a_potential_of_any_shape_has_the_eigenvalues_of_finite_differences() -> None:
    state = finished(on_line(UNIT, lambda u, x: -diff(u, x, x) + 200 * x * (x - 0.4) ** 2 * u, 3), accuracy=1e-8)
    count = 4000
    x = np.linspace(0, 1, count + 1)[1:-1]
    expected = eigh_tridiagonal(2 * count**2 + 200 * x * (x - 0.4) ** 2, np.full(count - 2, -float(count**2)), select="i", select_range=(0, 2))[0]
    assert state.modes.values[:3].numpy() == pytest.approx(expected, rel=2e-6)


def values(candidate: Candidate, points: np.ndarray) -> np.ndarray:
    """The trial solution's functions (N, modes) of one unknown at points (N, d)."""
    group, theta = candidate.ansatz.groups[0], candidate.ansatz.split(candidate.theta)[0]
    return group.push(theta, torch.from_numpy(points), JetSpec.closure(points.shape[1], []))[0][0].numpy()


def test_the_space_of_a_double_eigenvalue_is_the_exact_one() -> None:
    state = finished(membrane(SQUARE, 3), accuracy=1e-5)
    points = np.random.default_rng(1).random((200, 2))
    sines = np.sin(np.pi * np.arange(1, 3)[:, None, None] * points)          # (k, N, d)
    exact = np.stack([2 * sines[0, :, 0] * sines[1, :, 1], 2 * sines[1, :, 0] * sines[0, :, 1]], axis=1)
    pair = values(state.best, points)[:, 1:]
    mixture, rest, *_ = np.linalg.lstsq(exact, pair, rcond=None)
    assert np.sqrt(rest.sum()) < 1e-4 * np.linalg.norm(pair)
    assert mixture.T @ mixture == pytest.approx(np.eye(2), abs=1e-5)         # normalised and orthogonal


def test_modes_are_normalised_with_the_largest_value_positive() -> None:
    state = finished(KNOWN["Sturm-Liouville"].problem(3), accuracy=1e-7)
    x = np.linspace(0, 1, 2001)[:, None]
    found = values(state.best, x)
    exact = np.sqrt(2 / np.log(2)) * np.sin(np.pi * np.arange(1, 4) * np.log(1 + x) / np.log(2)) / np.sqrt(1 + x)
    assert np.abs(np.abs(found) - np.abs(exact)).max() < 1e-6
    assert (found.max(axis=0) >= -found.min(axis=0)).all()


def test_in_curvilinear_coordinates_modes_are_normalised_in_space() -> None:
    state = finished(KNOWN["polar disk"].problem(1), accuracy=1e-5)
    radius = np.linspace(0, 1, 401)
    found = values(state.best, np.column_stack([radius, 0 * radius]))[:, 0]
    exact = jv(0, jn_zeros(0, 1) * radius) / (np.sqrt(np.pi) * jv(1, jn_zeros(0, 1)))
    assert np.abs(found - exact).max() < 1e-4


@pytest.mark.parametrize("name, modes", [("square", 3), ("Sturm-Liouville", 3)])
def test_the_difference_of_independent_modes_is_their_error(name: str, modes: int) -> None:
    pencil = Pencil.of(collocation(KNOWN[name].problem(modes), **QUICK))
    trainer = Eigen(collocation(KNOWN[name].problem(modes), **QUICK))
    with torch.no_grad():
        state = replace(trainer.init(), pencil=pencil)
        good, wanted = trainer.solve(state, Trial("sin", 4.0, 80), 0)
        poor, _ = trainer.solve(replace(state, wanted=wanted), Trial("tanh", 2.0, 50), 1)
        eigenvalues, functions = poor.difference(good)
    true = np.abs(poor.values[:modes].numpy() - KNOWN[name].values[:modes])
    assert (true <= 1.01 * eigenvalues[:modes].numpy() + 1e-6).all()
    assert functions[:modes].max() < 0.5 and poor.score > good.score and good.better_than(poor)


def test_a_complex_mode_comes_once_though_every_multiple_of_it_is_one() -> None:
    state = finished(magnetic(4), accuracy=1e-6)
    assert state.modes.values[:4].numpy() == pytest.approx([0.3**2, 0.7**2, 1.3**2, 1.7**2], rel=1e-7)
    x = np.linspace(0, 6, 50)[:, None]
    real, imaginary = values(state.best, x).reshape(-1, 4, 2).transpose(2, 0, 1)
    wave = np.exp(-1j * x[:, 0])                                              # k = -1
    share = (real + 1j * imaginary)[:, 0] / wave
    assert np.abs(share - share[0]).max() < 1e-5 and np.abs(share) == pytest.approx(1 / np.sqrt(2 * np.pi), rel=1e-6)


def test_complex_eigenvalues_are_refused_with_their_values() -> None:
    with pytest.raises(TrainingError, match=r"complex eigenvalues among those wanted, such as 9\.8696 ± 5i"):
        finished(rotating(2))


def test_a_mode_that_others_have_is_missed() -> None:
    pencil = Pencil.of(collocation(KNOWN["string"].problem(3), **QUICK))

    def modes(*values: float, residual: float = 1e-6) -> ModeSet:
        known = torch.tensor(values, dtype=torch.float64)
        return ModeSet(pencil, Trial("sin", 1.0, 10), None, known, None, torch.full_like(known, residual), known, torch.zeros_like(known))

    whole, gap = modes(10.0, 39.0, 89.0, 158.0), modes(10.1, 89.0, 158.0, 247.0, residual=1e-9)
    assert gap.misses(whole) and not whole.misses(gap)
    assert whole.better_than(gap) and not gap.better_than(whole)
    assert not gap.misses(modes(10.0, 39.0, 89.0, residual=0.5))


def test_the_same_seed_gives_the_same_run_and_another_one_other_features() -> None:
    first, again, other = (finished(KNOWN["string"].problem(2), seed=seed, accuracy=1e-6).modes.coefficients for seed in (3, 3, 4))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_a_run_that_time_ends_keeps_the_modes_it_found() -> None:
    trainer = Eigen(collocation(KNOWN["square"].problem(2), **QUICK, steps=4))
    with torch.no_grad():
        state, verdict = drive(trainer, Limits(trainer.collocation.plan.settings, time.monotonic()), None)
    assert verdict.status == "steps" and state.best is not None
    assert state.modes.values[:2].numpy() == pytest.approx(KNOWN["square"].values[:2], rel=0.1)


def test_in_a_hurry_the_errors_of_what_there_is_are_told_first() -> None:
    trainer = Eigen(collocation(KNOWN["string"].problem(2), **QUICK))
    with torch.no_grad():
        state, _ = trainer.step(trainer.init())
        state, _ = trainer.step(state)
        assert not state.best.estimate
        state, report = trainer.step(state, Unlimited(hurry=True))
    assert report.stage == "estimate" and state.best.estimate.keys() == {"u_1", "u_2", "lam_1", "lam_2"}


@pytest.fixture(scope="module")
def drum() -> Solution:
    """The four lowest modes of a string, solved as a user would."""
    return solve(KNOWN["string"].problem(4))


def test_a_solution_gives_all_modes_and_their_eigenvalues(drum: Solution) -> None:
    x = np.linspace(0, 1, 101)[:, None]
    found = drum(x)
    assert drum.verdict.status == "accuracy" and drum.verdict.exit_status == 0
    assert list(drum.eigenvalues) == ["lam_1", "lam_2", "lam_3", "lam_4"]
    assert list(drum.eigenvalues.values()) == pytest.approx(KNOWN["string"].values[:4], rel=1e-9)
    for number in range(4):
        exact = np.sqrt(2) * np.sin((number + 1) * np.pi * x[:, 0])
        assert np.abs(found[f"u_{number + 1}"] - exact * np.sign(found[f"u_{number + 1}"] @ exact)).max() < 1e-3
    assert max(drum.verdict.error_estimate.values()) < 1e-9
    assert drum.verdict.conditions["mode 3"].relative < 1e-9


def test_the_report_has_a_line_for_every_mode(drum: Solution) -> None:
    rows = [line.split() for line in report(drum).splitlines()]
    assert ["mode", "eigenvalue", "relative", "error,", "estimated", "of", "the", "mode"] in rows
    row = next(row for row in rows if row[:1] == ["u_2"])
    assert row[1:3] == ["lam_2", "="] and float(row[3]) == pytest.approx(KNOWN["string"].values[1], rel=1e-8)
    assert 0 < float(row[4]) < 1e-8 and 0 < float(row[5]) < 1e-8


def test_saved_modes_are_loaded_for_the_problem_as_it_was_written(drum: Solution, tmp_path: Path) -> None:
    drum.save(tmp_path / "solution.pt")
    again = Solution.load(tmp_path / "solution.pt", KNOWN["string"].problem(4))
    points = np.array([[0.2], [0.7]])
    assert again.eigenvalues == drum.eigenvalues
    assert again(points)["u_3"] == pytest.approx(drum(points)["u_3"], rel=1e-12)
    with pytest.raises(UsageError, match="another problem"):
        Solution.load(tmp_path / "solution.pt", KNOWN["string"].problem(3))


def test_modes_are_exported_under_their_names(drum: Solution, tmp_path: Path) -> None:
    export(drum, tmp_path, "string")
    mesh = meshio.read(tmp_path / "string_0000.vtu")
    assert {"u_1", "u_2", "u_3", "u_4"} <= set(mesh.point_data)
    assert mesh.point_data["u_2"] == pytest.approx(drum(mesh.points[:, :1])["u_2"], abs=1e-6)


@pytest.mark.parametrize("trainer", ["adam", "joint"])
def test_other_trainers_do_not_solve_eigenvalue_problems(trainer: str) -> None:
    with pytest.raises(UsageError, match=f"trainer '{trainer}' does not solve eigenvalue problems"):
        solve(KNOWN["string"].problem(1), trainer=trainer)


@pytest.mark.slow
@pytest.mark.parametrize("name, modes", [("cube", 7), ("well", 3), ("oscillator", 6), ("elastic", 4), ("disk", 10), ("square", 20)])
def test_default_settings_solve_to_the_accuracy_asked_for(name: str, modes: int) -> None:
    solution = solve(KNOWN[name].problem(modes))
    assert solution.verdict.status == "accuracy"
    assert relative(np.array(list(solution.eigenvalues.values())), np.array(KNOWN[name].values[:modes])).max() < 1e-4

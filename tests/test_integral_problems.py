"""Problems with integrals solved: where the exact solution is known, and what is refused or noted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from compute_problems import SMALL, collocation

import pinnaux
from pinnaux import (
    ComplexField,
    Condition,
    Disk,
    Eigenvalue,
    Field,
    Interval,
    Observations,
    Parameter,
    Problem,
    TimeInterval,
    Variable,
    at,
    diff,
    dot,
    erf,
    exp,
    grad,
    integral,
    laplacian,
    pi,
    sin,
    sqrt,
)
from pinnaux.errors import UsageError
from pinnaux.evolution import Evolution
from pinnaux.plan import Plan
from pinnaux.report import report
from pinnaux.settings import SEPARATED, TRAINERS
from pinnaux.solution import Solution
from pinnaux.solver import prepare
from pinnaux.trainers.choice import TRAINERS as TRAINED
from pinnaux.trainers.deep import advance, begin
from pinnaux.trainers.eigen import Eigen
from pinnaux.trainers.features import held_out
from pinnaux.trainers.held_out import HeldOut
from pinnaux.trainers.march import Marching
from pinnaux.trainers.state import Unlimited
from pinnaux.verdict import Verdict

s = Variable("s")
line = Interval(0, 1)
x, = line.coordinates
u = Field("u", line)


def fredholm(width: float | None = None) -> Problem:
    """u = f + ∫ e^(xs) u(s) ds with u = e^x; or a kernel so narrow that the nodes miss it."""
    kernel = exp(x * s) if width is None else exp(-(((x - s) / width) ** 2))
    f = exp(x) - (exp(x + 1) - 1) / (x + 1) if width is None else 1
    return Problem([u], [Condition("kernel", u == f + integral(kernel * at(u, x=s), over=s, start=0, end=1), on=line)], exact={"u": exp(x)} if width is None else None)


def pantograph() -> Problem:
    """u' = -u(t/2)², u(0) = 1: e^(-t)."""
    time = TimeInterval(0, 2)
    (t,), a = time.coordinates, Field("a", time)
    return Problem([a], [Condition("fall", diff(a, t) == -at(a, t=t / 2) ** 2, on=time), Condition("start", a == 1, on=time.initial)], exact={"a": exp(-t)})


def around() -> Problem:
    """-u'' = f with u and u' alike at both ends, and a mean: conditions between numbers and between ends."""
    wave = sin(2 * pi * x)
    return Problem([u], [
        Condition("balance", -diff(u, x, x) == 4 * pi**2 * wave, on=line), Condition("ends", at(u, x=0) == at(u, x=1)),
        Condition("mean", integral(u, over=line) == 2)], exact={"u": 2 + wave}, outputs={"u": u, "square": integral(u**2, over=line), "upto": integral(u, over=x, end=x)})


def average() -> Problem:
    """(∫ u)² u = 4 e^x / (e - 1) with a nonlinear integral: u = e^x c, c³ (e - 1)² = 4 / (e - 1)."""
    size = (4 / (np.e - 1) ** 3) ** (1 / 3)
    return Problem([u], [Condition("balance", integral(u, over=line) ** 2 * u == 4 * exp(x) / (np.e - 1), on=line)], exact={"u": size * exp(x)})


def forgetful() -> Problem:
    """u_t = u_xx + c sin πx ∫ u with u = e^-t sin πx: the total at each moment acts everywhere."""
    bar = line * TimeInterval(0, 1)
    (z, t), a = bar.coordinates, Field("a", bar)
    source = (pi**2 - 1) * pi / 2 * sin(pi * z)
    return Problem([a], [
        Condition("heat", diff(a, t) == diff(a, z, z) + source * integral(a, over=line), on=bar), Condition("ends", a == 0, on=bar.boundary),
        Condition("start", a == sin(pi * z), on=bar.initial)], exact={"a": exp(-t) * sin(pi * z)})


def volterra() -> Problem:
    """u = f + ∫_0^x (x - s) u² ds with u = e^-x."""
    f = exp(-x) - x / 2 + (1 - exp(-2 * x)) / 4
    return Problem([u], [Condition("memory", u == f + integral((x - s) * at(u, x=s) ** 2, over=s, start=0, end=x), on=line)], exact={"u": exp(-x)})


def abel() -> Problem:
    """∫_0^x u(s) / √(x - s) ds = 16/15 x^2.5 with u = x²: a first-kind equation with a kernel that is singular at its end."""
    return Problem([u], [Condition("abel", integral(at(u, x=s) / sqrt(x - s), over=s, start=0, end=x) == 16 / 15 * x**2.5, on=line)], exact={"u": x**2})


def fractional() -> Problem:
    """Caputo's derivative of order ½ by its definition: D u + u = f with u = t²."""
    time = TimeInterval(0, 1)
    (t,), a = time.coordinates, Field("a", time)
    half = integral(at(diff(a, t), t=s) / sqrt(t - s), over=s, start=0, end=t) / sqrt(pi)
    return Problem([a], [Condition("relax", half + a == 8 / 3 / sqrt(pi) * t**1.5 + t**2, on=time), Condition("start", a == 0, on=time.initial)], exact={"a": t**2})


def renewal() -> Problem:
    """u_t + u_a = -2u, births ∫ b u da at age 0: an evolution whose boundary values are an integral."""
    life = line * TimeInterval(0, 1)
    (age, t), a = life.coordinates, Field("a", life)
    births = 3 / (1 - np.exp(-3)) * integral(a, over=age)
    return Problem([a], [
        Condition("ageing", diff(a, t) + diff(a, age) == -2 * a, on=life), Condition("births", a == births, on=life.boundary["left"]),
        Condition("start", a == exp(-3 * age), on=life.initial)], exact={"a": exp(t - 3 * age)})


def density() -> Problem:
    """(p' + x p)' = 0 without flux at the ends: only ∫ p = 1 says how large p is."""
    wide = Interval(-3, 3)
    (z,), p = wide.coordinates, Field("p", wide)
    flux, bell = diff(p, z) + z * p, exp(-(z**2) / 2)
    return Problem([p], [Condition("balance", diff(flux, z) == 0, on=wide), Condition("ends", flux == 0, on=wide.boundary),
                         Condition("one", integral(p, over=wide) == 1)], exact={"p": bell / (np.sqrt(2 * np.pi) * erf(3 / np.sqrt(2)))})


QUICK = {**SMALL, "pilot_features": 120, "held_out_points": 100, "iterations_a_step": 20}


def few_steps(problem: Problem, steps: int, trainer: str = TRAINERS[0]) -> tuple[Solution, HeldOut]:
    """What so many steps with few features find, and the judge of the run."""
    compiled = collocation(problem, **QUICK, trainer=trainer)
    chosen = TRAINED[trainer](compiled)
    with torch.no_grad():
        state = chosen.init()
        for _ in range(steps):
            state, _ = chosen.step(state, Unlimited())
    return Solution(problem, compiled, state.best.ansatz, state.best.theta, Verdict("steps", "", 1e-4)), state.judge


@pytest.mark.parametrize(("problem", "bound", "linear"), [
    (fredholm, 1e-10, True), (around, 1e-8, True), (forgetful, 1e-2, True), (average, 1e-8, False), (pantograph, 1e-8, False),
    (volterra, 1e-8, False), (abel, 1e-8, True), (fractional, 1e-6, True), (renewal, 1e-4, True), (density, 1e-5, True)])
def test_a_problem_with_integrals_is_solved_in_closed_form_step_by_step_if_it_is_nonlinear(
        problem: Callable[[], Problem], bound: float, linear: bool) -> None:
    solution, judge = few_steps(problem(), 2)
    assert judge.linear is linear
    assert max(solution.errors().values()) < bound
    assert all(each.quadrature is None or each.quadrature < 1e-9 for each in solution.judged().values())


def test_outputs_with_integrals_are_evaluated_saved_and_loaded(tmp_path: Path) -> None:
    solution = pinnaux.solve(around(), steps=3)
    places = np.linspace(0, 1, 9)
    found = solution(places[:, None])
    assert found["square"] == pytest.approx(np.full(9, 4.5), rel=1e-9)
    assert found["upto"] == pytest.approx(2 * places + (1 - np.cos(2 * np.pi * places)) / (2 * np.pi), abs=1e-9)
    solution.save(tmp_path / "solution.pt")
    again = Solution.load(tmp_path / "solution.pt", around())(places[:, None])
    assert all((again[name] == values).all() for name, values in found.items())
    assert again.keys() == found.keys()
    for condition, points in (("balance", 2000), ("ends", 1), ("mean", 1)):
        _, residuals = solution.residuals(condition)
        assert residuals.shape == (points, 1) and np.abs(residuals).max() < 1e-8


def test_a_kernel_that_the_nodes_miss_is_noted() -> None:
    solution = pinnaux.solve(fredholm(width=1e-3), steps=2)
    inexact = solution.verdict.conditions["kernel"].quadrature
    assert inexact > 1e-4
    (note,) = [note for note in solution.verdict.notes if "integrals" in note]
    assert note.startswith(f"the integrals in condition 'kernel' are exact to {inexact:.0e} of its terms only")
    assert solution.verdict.status != "accuracy"
    assert "quadrature error" in report(solution) and f"{inexact:.2e}" in report(solution)


@pytest.mark.slow
def test_an_accuracy_finer_than_its_integrals_is_not_reached() -> None:
    narrow = exp(-(((x - s) / 0.01) ** 2)) / (0.01 * sqrt(pi))
    problem = Problem([u], [Condition("kernel", u + integral(narrow * at(u, x=s), over=s, start=0, end=1)
                                      == 1 + (erf(100 * x) + erf(100 * (1 - x))) / 2, on=line)], exact={"u": 1 + 0 * x}, accuracy=1e-4)
    verdict = pinnaux.solve(problem, time_limit=60).verdict
    inexact = verdict.conditions["kernel"].quadrature
    assert verdict.errors["u"] > verdict.accuracy and verdict.status == "stagnation"
    assert verdict.reason == f"the nodes of integrals leave them exact to {inexact:.1e} of their terms"
    assert verdict.error_estimate["u"] == inexact and 0.3 < inexact / verdict.errors["u"] < 3


def test_a_report_without_integrals_says_nothing_of_quadrature() -> None:
    problem = Problem([u], [Condition("balance", -diff(u, x, x) == 1, on=line), Condition("ends", u == 0, on=line.boundary)])
    solution = pinnaux.solve(problem, steps=1)
    assert "quadrature" not in report(solution) and solution.verdict.conditions["ends"].quadrature is None


@pytest.mark.parametrize("name", SEPARATED)
def test_trainers_whose_variables_belong_to_a_point_refuse_integrals(name: str) -> None:
    with pytest.raises(UsageError, match=f"the trainer '{name}' cannot take integrals") as caught:
        prepare(around(), trainer=name)
    assert "automatic, adam, lbfgs" in caught.value.hint
    assert Plan.of(around()).trainers == tuple(other for other in TRAINERS if other not in SEPARATED)


@pytest.mark.parametrize("trainer", ["adam", "lbfgs", "ssbroyden"])
def test_trainers_on_the_original_loss_take_integrals(trainer: str) -> None:
    started, judge = few_steps(around(), 2, trainer)
    trained, _ = few_steps(around(), 4, trainer)
    assert judge.score(trained.ansatz, trained.theta) < judge.score(started.ansatz, started.theta)


@pytest.mark.parametrize("problem", [pantograph, average])
def test_layers_are_trained_on_problems_with_integrals(problem: Callable[[], Problem]) -> None:
    compiled = collocation(problem(), **QUICK)
    judge = held_out(compiled)
    with torch.no_grad():
        start = begin(compiled, judge)
        trained = start
        for _ in range(12):
            trained = advance(compiled, trained)
    scores = [judge.score(state.objective.ansatz, state.theta) for state in (start, trained)]
    assert scores[0] < 1e-2 * judge.zero and scores[1] < scores[0] / 3


def test_the_jacobian_of_all_layers_is_that_of_the_residuals() -> None:
    compiled = collocation(pantograph(), **{**QUICK, "hidden_widths": (6, 5, 4)})
    with torch.no_grad():
        start = begin(compiled, held_out(compiled))
        direction = torch.randn(start.theta.numel(), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        residuals = [start.objective.residual(start.theta + step * direction) for step in (1e-5, -1e-5)]
        slope = start.objective.jacobian(start.theta)[1] @ direction
    assert torch.allclose(slope, (residuals[0] - residuals[1]) / 2e-5, rtol=1e-6, atol=1e-7 * float(slope.norm()))


def test_what_is_measured_with_known_noise_may_be_an_integral() -> None:
    """u' = k u, u(0) = 1, from ∫_0^x u: u = e^x."""
    rate, places = Parameter("rate", initial=0.5), np.linspace(0.1, 1, 30)
    noise = 0.01 * np.random.default_rng(0).standard_normal(30)
    seen = Observations({"x": places, "sum": np.exp(places) - 1 + noise}, line, columns=("sum",))
    problem = Problem([u], [
        Condition("growth", diff(u, x) == rate * u, on=line), Condition("first", u == 1, on=line.boundary["left"]),
        Condition("sums", integral(at(u, x=s), over=s, start=0, end=x) == seen["sum"], on=seen, noise=0.01)], exact={"u": exp(x)})
    solution, _ = few_steps(problem, 2)
    assert solution.errors()["u"] < 0.02
    assert solution.parameters["rate"] == pytest.approx(1, abs=0.03)


def test_an_integral_operator_has_eigenvalues() -> None:
    """-u'' + ∫ u = λ u with insulated ends: 1 with u = 1, (nπ)² with cos nπx."""
    lam = Eigenvalue("lam")
    problem = Problem([u], [Condition("balance", -diff(u, x, x) + integral(u, over=line) == lam * u, on=line),
                            Condition("ends", diff(u, x) == 0, on=line.boundary)], modes=3)
    trainer = Eigen(collocation(problem, **QUICK))
    with torch.no_grad():
        state, _ = trainer.step(trainer.init())
        while state.finished is None:
            state, _ = trainer.step(state, Unlimited())
    assert state.modes.values[:3].numpy() == pytest.approx([1, np.pi**2, 4 * np.pi**2], rel=1e-6)


def test_a_complex_field_has_complex_integrals() -> None:
    """u' = i u with ∫ u = (e^i - 1)/i instead of an initial value: u = e^ix."""
    wave = ComplexField("wave", line)
    problem = Problem([wave], [Condition("turn", diff(wave, x) == 1j * wave, on=line),
                               Condition("mean", integral(wave, over=line) == (np.exp(1j) - 1) / 1j)], exact={"wave": exp(1j * x)})
    assert few_steps(problem, 2)[0].errors()["wave"] < 1e-9


def test_an_evolution_with_an_integral_over_space_is_marched_through() -> None:
    problem = forgetful()
    compiled = collocation(problem, window_units=(16, 32), window_bases=(("sin", 2.0),), held_out_points=300)
    marching = Marching(compiled, Evolution.of(compiled.plan))
    with torch.no_grad():
        march = marching.begin(1e-4)
        while not march.chain.pieces:
            march = marching.advance(march)
        found = Solution(problem, compiled, march.chain.ansatz(), torch.zeros(0, dtype=torch.float64), Verdict("steps", "", 1e-4))
        points = np.column_stack([np.linspace(0, 1, 50), np.linspace(0, march.chain.end, 50)])
        error = found(points)["a"] - np.exp(-points[:, 1]) * np.sin(np.pi * points[:, 0])
    assert np.abs(error).max() < 1e-4


def plate(size: float) -> Problem:
    """-Δu + λ = f on an insulated disk with a given mean: the source's own mean is what is lost."""
    disk = Disk((0, 0), 1)
    (a, b), w, loss = disk.coordinates, Field("w", disk), Parameter("loss", initial=0)
    r2 = a**2 + b**2
    exact = r2**2 / 4 - r2 / 2 + size
    return Problem([w], [Condition("balance", -laplacian(w) + loss == 2 - 4 * r2 + 3, on=disk),
                         Condition("insulated", dot(grad(w), disk.normal) == 0, on=disk.boundary),
                         Condition("mean", integral(w, over=disk) == integral(exact, over=disk))], exact={"w": exact})


def test_an_unknown_number_makes_room_for_the_mean_of_a_field_on_a_disk() -> None:
    solution, _ = few_steps(plate(2.0), 2)
    assert solution.errors()["w"] < 1e-4
    assert solution.parameters["loss"] == pytest.approx(3, abs=1e-3)


@pytest.mark.slow
def test_heat_with_memory_is_solved() -> None:
    """u_t = u_xx + ∫_0^t e^(s-t) u_xx ds: the wave T(t) sin πx has T' = -π² (T + m) with m' = T - m."""
    bar = line * TimeInterval(0, 1)
    (z, t), a = bar.coordinates, Field("a", bar)
    bend = diff(a, z, z)
    fast, slow = (-(1 + pi**2 + sign * sqrt((1 + pi**2) ** 2 - 8 * pi**2)) / 2 for sign in (1, -1))
    wave = ((pi**2 + slow) * exp(fast * t) - (pi**2 + fast) * exp(slow * t)) / (slow - fast)
    problem = Problem([a], [
        Condition("heat", diff(a, t) == bend + integral(exp(s - t) * at(bend, t=s), over=s, start=0, end=t), on=bar),
        Condition("ends", a == 0, on=bar.boundary), Condition("start", a == sin(pi * z), on=bar.initial)], exact={"a": wave * sin(pi * z)})
    assert pinnaux.solve(problem, time_limit=60).errors()["a"] < 1e-4

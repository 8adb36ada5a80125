"""Every problem file is tried for a few steps, quick ones are solved to their stated error; slow tests solve them all."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import cavity_reference
import pinnaux
import references
from pinnaux import dot, grad
from pinnaux.plan import Plan
from pinnaux.settings import Settings
from pinnaux.solution import Solution
from references import Array

FOLDER = Path(__file__).parent.parent / "problems"
FILES = {file.stem: file for file in sorted(FOLDER.glob("*.py"))}
SLOW_STARTS = ("conductivity_law", "heat_conductivity")
MOST_LINES = 60
# Solved within five seconds, so by default.
QUICK = ("insulated_plate", "lotka_volterra", "poisson_square")
# An estimate may be this many times too small where the verdict does not call it unreliable.
UNDERESTIMATE = 20
ROUNDING = 1e-12
# Seconds that the last step may take beyond the limit.
MOST_OVER_TIME = 30

Measure = Callable[[Solution], float]


def exact(name: str) -> Measure:
    """The relative L2 error of an output whose exact solution is in the problem file."""
    return lambda solution: solution.errors()[name]


def against(name: str, reference: Callable[[], tuple[Array, Array]]) -> Measure:
    """The relative L2 error of an output against reference values (N,) at points (N, d)."""

    def measure(solution: Solution) -> float:
        points, values = reference()
        return float(np.linalg.norm(solution(points)[name] - values) / np.linalg.norm(values))

    return measure


def on_domain(problem: str, reference: Callable[[Array], Array]) -> tuple[Array, Array]:
    return references.sampled(pinnaux.load(FILES[problem]).domain, reference)


def hares_and_lynxes(name: str) -> tuple[Array, Array]:
    t = np.linspace(0, 10, 1001)
    return t[:, None], dict(zip(("hares", "lynxes"), references.hares_and_lynxes(t)))[name]


def law(solution: Solution) -> float:
    """The relative L2 error of the conductivity at the temperatures that were there."""
    found = solution.functions["k"]
    temperatures = np.linspace(*found.reach, 201)
    exact = references.conductivity_law(temperatures)
    return float(np.linalg.norm(found(temperatures) - exact) / np.linalg.norm(exact))


def conductivity(solution: Solution) -> float:
    return abs(solution.parameters["k"] / references.CONDUCTIVITY - 1)


def pressure_difference(solution: Solution) -> float:
    """Relative error of the pressure in front of the cylinder less that behind it."""
    front, rear = solution(np.array([[0.15, 0.2], [0.25, 0.2]]))["p"]
    return abs((front - rear) / references.CYLINDER_PRESSURE_DIFFERENCE - 1)


def drag(solution: Solution) -> float:
    """Relative error of the drag coefficient 2 F / (U² D), with mean velocity U = 0.2 and diameter D = 0.1.

    F = ∫ (ν ∂v/∂n - p n) · e_x over the cylinder, n into the fluid. (No slip: this is the force of the full stress tensor.)
    """
    velocity, p = solution.problem.fields
    cylinder = velocity.domain.boundary["cylinder"]
    points = cylinder.sample(2000, np.random.default_rng(3))
    *gradient, pressure = solution.evaluate((*grad(velocity[0]).components, p), points.coordinates)
    outward = points.normals                     # of the fluid: into the cylinder
    force = cylinder.measure * np.mean(pressure * outward[:, 0] - 1e-3 * (gradient[0] * outward[:, 0] + gradient[1] * outward[:, 1]))
    return abs(2 * force / (0.2**2 * 0.1) / references.CYLINDER_DRAG - 1)


def convection(solution: Solution) -> float:
    """The largest relative error of the heat that passes and of the fastest flow up and across."""
    s, middle = np.linspace(0, 1, 2001), np.full(2001, 0.5)
    across, up = solution(np.column_stack([middle, s])), solution(np.column_stack([s, middle]))
    found = np.array([across["nusselt"][0], across["velocity"][:, 0].max(), up["velocity"][:, 1].max()])
    return float(np.abs(found / references.CONVECTION - 1).max())


def tones(solution: Solution) -> float:
    """The largest relative error of the eigenvalues of the L-shaped drum."""
    found = np.array(list(solution.eigenvalues.values()))
    return float(np.abs(found / references.LSHAPE_TONES - 1).max())


@dataclass(frozen=True)
class Quantity:
    """Something measured of a solution: its relative error must be within `bound`; `estimated` names the unknown whose estimate it has."""

    measure: Measure
    bound: float
    estimated: str | None = None


@dataclass(frozen=True)
class Expected:
    """What a solve with default settings must reach within the default time limit, and how it may end.

    The bounds are about three times the worst that three seeds reached when they were written down.
    """

    quantities: tuple[Quantity, ...]
    ends: tuple[str, ...] = ("accuracy",)


def reaches(name: str, bound: float, reference: Callable[[], tuple[Array, Array]] | None = None) -> Expected:
    """The relative L2 error of one field is the only quantity."""
    return Expected((Quantity(against(name, reference) if reference else exact(name), bound, name),))


EXPECTED: Mapping[str, Expected] = {
    "allen_cahn": reaches("u", 7e-5, references.allen_cahn_on_grid),
    "burgers": reaches("u", 4e-5, references.burgers_on_grid),
    # The pressure is logarithmic at the upper corners: it may be stuck above the accuracy asked for when the velocity is long below.
    "cavity": Expected((Quantity(against("velocity", cavity_reference.cavity), 1e-3, "velocity"),), ends=("accuracy", "stagnation", "time")),
    # What the noise leaves open of the law is some 5 %: that ends the run.
    "conductivity_law": Expected(
        (Quantity(law, 7e-2), Quantity(against("T", lambda: on_domain("conductivity_law", references.heated_rod)), 6e-3)), ends=("stagnation", "time")),
    "curved_channel": reaches("velocity", 3e-7),
    "drum": Expected((Quantity(tones, 1e-4),)),
    "elasticity": reaches("displacement", 7e-7),
    "heat": reaches("T", 2e-6),
    # The estimate is of how well the equations are solved: it does not know the noise of the probes, which is what limits k.
    "heat_conductivity": Expected(
        (Quantity(conductivity, 5e-3), Quantity(against("T", lambda: on_domain("heat_conductivity", references.heated_plate)), 6e-3)),
        ends=("accuracy", "stagnation", "time")),
    "helmholtz": reaches("u", 4e-7),
    "helmholtz_absorbing": reaches("u", 1e-6),
    "insulated_plate": Expected((Quantity(exact("u"), 1e-10, "u"), Quantity(lambda solution: abs(solution.parameters["loss"] - 3), 1e-9))),
    # Nothing is said of u on the boundary or at first, and the noise is a third of it: three seeds came to 0.027 to 0.034 for a, 0.03 to 0.06 for u.
    "inverse_heat": Expected((Quantity(exact("a"), 0.06), Quantity(exact("u"), 0.12)), ends=("accuracy", "stagnation", "time")),
    "kdv": reaches("u", 4e-4, references.kdv_on_grid),
    "lotka_volterra": Expected(tuple(
        Quantity(against(name, lambda name=name: hares_and_lynxes(name)), 1e-4, name) for name in ("hares", "lynxes"))),
    "memory": reaches("u", 1e-9),
    "natural_convection": Expected((Quantity(convection, 3e-3),), ends=("accuracy", "time")),
    "navier_stokes": Expected((Quantity(pressure_difference, 1e-2, "p"), Quantity(drag, 1e-2)), ends=("accuracy", "time")),
    # Its error comes to some 6e-5, but where the gradient vanishes held-out points do not confirm that: the run may end as stuck.
    "p_laplacian": Expected((Quantity(exact("u"), 5e-4, "u"),), ends=("accuracy", "stagnation", "time")),
    "plate_bending": reaches("w", 1.5e-4, lambda: on_domain("plate_bending", references.clamped_plate)),
    "plate_with_holes": reaches("T", 1e-4, lambda: on_domain("plate_with_holes", references.plate_with_holes)),
    "poisson_3d": reaches("u", 2e-7),
    "poisson_5d": reaches("u", 1.5e-4),
    "poisson_lshape": reaches("u", 1e-4, lambda: on_domain("poisson_lshape", references.lshape)),
    "poisson_square": reaches("u", 2e-12),
    "poisson_square_4": reaches("u", 6e-7),
    "schroedinger": Expected((Quantity(against("h", references.schroedinger), 1.3e-3, "h"),)),
    "wave": reaches("u", 6e-6),
}


def test_every_problem_file_states_what_it_must_reach() -> None:
    assert set(EXPECTED) == set(FILES)


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_a_problem_file_is_short(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("name", FILES)
def test_a_problem_says_what_solving_it_involves(name: str) -> None:
    problem = pinnaux.load(FILES[name])
    plan = Plan.of(problem)
    described = str(plan)
    assert all(f"  {condition.name}: " in described for condition in problem.conditions)
    assert f"{plan.unknowns} unknowns" in described and plan.unknowns > 500
    assert all(region.region.measure > 0 for region in plan.regions if region.region.kind != "observations")


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW_STARTS else name for name in FILES])
def test_a_few_steps_leave_a_finite_solution(name: str) -> None:
    problem = pinnaux.load(FILES[name])
    solution = pinnaux.solve(problem, steps=2)
    values = solution(problem.domain.interior.sample(100, np.random.default_rng(0)).coordinates)
    assert solution.verdict.status in ("steps", "accuracy")
    assert all(np.isfinite(column).all() for column in values.values())
    assert all(np.isfinite(each.rms) for each in solution.verdict.conditions.values())


def test_the_probes_measure_the_plate_of_known_conductivity() -> None:
    measured = np.loadtxt(FOLDER / "data" / "heat_conductivity.csv", delimiter=",", skiprows=1)
    assert np.allclose(measured, references.heat_probes(), rtol=0, atol=2e-6)   # six digits are in the file
    assert 0.8 < np.std(measured[:, 2] - references.heated_plate(measured[:, :2])) / references.NOISE < 1.2


def test_the_thermometers_are_in_a_rod_of_the_known_law() -> None:
    measured = np.loadtxt(FOLDER / "data" / "conductivity_law.csv", delimiter=",", skiprows=1)
    assert np.allclose(measured, references.rod_probes(), rtol=0, atol=2e-6)
    assert 0.85 < np.std(measured[:, 2] - references.heated_rod(measured[:, :2])) / references.PROBE_NOISE < 1.15


def test_the_temperatures_of_the_cooling_plate_are_exact_but_for_the_noise() -> None:
    measured = np.loadtxt(FOLDER / "data" / "inverse_heat.csv", delimiter=",", skiprows=1)
    assert np.allclose(measured, references.measured_temperatures(), rtol=0, atol=2e-4)        # four digits are in the file
    assert 0.95 < np.std(measured[:, 3] - references.cooling_plate(measured[:, :3])) / references.MEASURED_NOISE < 1.05


@pytest.mark.parametrize(("name", "reference", "warm"), [
    ("poisson_lshape", references.lshape, ()), ("plate_with_holes", references.plate_with_holes, ("sides",))])
def test_a_harmonic_reference_meets_its_boundary_values(name: str, reference: Callable[[Array], Array], warm: tuple[str, ...]) -> None:
    boundary = pinnaux.load(FILES[name]).domain.boundary
    for part in boundary.parts:
        points = boundary[part].sample(300, np.random.default_rng(2)).coordinates
        assert np.abs(reference(points) - (part in warm)).max() < 2e-8


@pytest.mark.parametrize(("reference", "size", "steps"), [(references.allen_cahn, 1024, 50), (references.kdv, 512, 500)])
def test_a_spectral_reference_does_not_depend_on_its_resolution(
        reference: Callable[[int], references.Periodic], size: int, steps: int) -> None:
    x = np.linspace(-1, 1, 50)
    _, coarse = reference(size).solution(x, 10, steps)
    _, fine = reference(2 * size).solution(x, 10, 2 * steps)
    assert np.abs(coarse - fine).max() < 1e-6


def test_the_clamped_plate_bends_as_tables_say() -> None:
    points = np.array([[0.5, 0.5], [0.25, 0.3]])
    assert references.clamped_plate(points)[0] == pytest.approx(0.00126, abs=6e-6)     # Timoshenko & Woinowsky-Krieger, three digits
    assert references.clamped_plate(points) == pytest.approx(references.clamped_plate(points, 40), rel=1e-9)


def test_hares_and_lynxes_keep_what_they_must() -> None:
    hares, lynxes = references.hares_and_lynxes(np.linspace(0, 20, 50))
    kept = 0.1 * hares - 0.4 * np.log(hares) + 0.4 * lynxes - 1.1 * np.log(lynxes)
    assert kept == pytest.approx(kept[0], abs=1e-9)


def test_the_breathing_pulse_of_the_reference_is_known_on_the_whole_line() -> None:
    """h = 4 e^(it/2) (cosh 3x + 3 e^(4it) cosh x) / (cosh 4x + 4 cosh 2x + 3 cos 4t), but for what comes round the period."""
    points, found = references.schroedinger()
    (x, t), middle = points.T, np.abs(points[:, 0]) < 3
    exact = 4 * np.exp(0.5j * t) * (np.cosh(3 * x) + 3 * np.exp(4j * t) * np.cosh(x)) / (np.cosh(4 * x) + 4 * np.cosh(2 * x) + 3 * np.cos(4 * t))
    assert np.linalg.norm((found - exact)[middle]) < 5e-3 * np.linalg.norm(exact[middle])


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in FILES])
def test_a_problem_is_solved_to_its_stated_error(name: str) -> None:
    problem = pinnaux.load(FILES[name])
    solution = pinnaux.solve(problem)
    expected = EXPECTED[name]
    assert solution.verdict.status in expected.ends
    assert solution.verdict.elapsed < (problem.time_limit or Settings.time_limit) + MOST_OVER_TIME
    for quantity in expected.quantities:
        error = quantity.measure(solution)
        assert error <= quantity.bound
        if quantity.estimated and solution.verdict.reliable:
            assert error <= max(UNDERESTIMATE * solution.verdict.error_estimate[quantity.estimated], ROUNDING)

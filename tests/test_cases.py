"""Problems in cases/, which people really tried with other programs: solved with default settings to what a competent user expects."""
from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from scipy import integrate

import case_references as known
import pinnaux
from pinnaux.geometry import Domain
from pinnaux.plan import Plan
from pinnaux.solution import Solution
from references import Array

FOLDER = Path(__file__).parent / "cases"
FILES = {file.stem: file for file in sorted(FOLDER.glob("c*.py"))}
MOST_LINES = 40
TIME_LIMIT = 120.0
# The few that need nearly so long on two quiet cores, and more on busy ones.
LONGER = MappingProxyType({"c03_forward_backward_logarithms": 300.0, "c16b_rod_slow": 300.0})

Measure = Callable[[Solution], float]
Formula = Callable[..., Array]


def relative(found: Array, reference: Array) -> float:
    return float(np.linalg.norm(found - reference) / np.linalg.norm(reference))


def inside(domain: Domain, count: int = 2000) -> Array:
    return domain.interior.sample(count, np.random.default_rng(5)).coordinates


def field(name: str, formula: Formula, component: int | None = None, where: Callable[[Array], Array] | None = None) -> Measure:
    """The relative L2 error of an output, or a component of it, against a formula of the coordinates on the points that `where` chooses."""

    def measure(solution: Solution) -> float:
        points = inside(solution.problem.domain)
        points = points if where is None else points[where(points)]
        found = solution(points)[name]
        return relative(found if component is None else found[:, component], formula(*points.T))

    return measure


def over_time(name: str, reference: Callable[[Array], Array], start: float, end: float) -> Measure:
    """The relative L2 error of an output over a stretch of time."""

    def measure(solution: Solution) -> float:
        t = np.linspace(start, end, 401)
        return relative(solution(t[:, None])[name], reference(t))

    return measure


def at(name: str, point: tuple[float, ...], value: float) -> Measure:
    """The relative error of an output at a point."""
    return lambda solution: float(abs(solution(np.array([point]))[name][0] / value - 1))


def number(name: str, value: float) -> Measure:
    """The relative error of a parameter."""
    return lambda solution: abs(solution.parameters[name] / value - 1)


def exact(name: str) -> Measure:
    """The relative L2 error of an output whose exact solution is in the problem file."""
    return lambda solution: solution.errors()[name]


def later(points: Array) -> Array:
    """Half a second after the ends of the rod were given other temperatures."""
    return points[:, 1] >= 0.5


def above_the_corners(points: Array) -> Array:
    """Away from the corner where the plate's conditions contradict each other."""
    return points[:, 1] >= 0.01


def away_from_nodes(points: Array) -> Array:
    """Where u = sin πx tells something about q."""
    return np.abs(np.sin(np.pi * points[:, 0])) >= 0.1


def around_hole(solution: Solution) -> float:
    """The largest |u| on the round hole, where it is zero."""
    return float(np.abs(solution(solution.problem.domain.boundary["hole"].sample(300, np.random.default_rng(3)).coordinates)["u"]).max())


def sines(x: Array, y: Array) -> Array:
    return np.sin(np.pi * x / 3) * np.sin(np.pi * y / 3)


def integral(solution: Solution) -> float:
    """The relative error of ∫ u over the square less the parallelogram, whose area is 8: (6/π)² less Gauss' rule over the parallelogram."""
    nodes, weights = np.polynomial.legendre.leggauss(12)
    a, b = np.meshgrid((nodes + 1) / 2, (nodes + 1) / 2)
    cut_out = (np.outer(weights, weights) / 4 * sines(1 + a + b, 1 + b)).sum()
    return abs(8 * solution(inside(solution.problem.domain, 100_000))["u"].mean() / ((6 / np.pi) ** 2 - cut_out) - 1)


def along_the_depths(points: Array) -> Array:
    """Where the traps are not so deep that next to nothing is in them."""
    return points[:, 0] <= 6


def carriers(solution: Solution) -> float:
    """How far the number of carriers is from 1 at any time."""
    t = np.linspace(0, 10, 41)
    return float(np.abs(solution(np.column_stack([1 + 0 * t, t]))["total"] - 1).max())


def probability(solution: Solution) -> float:
    """How far the integral of the density is from 1."""
    nodes, weights = np.polynomial.legendre.leggauss(80)
    return float(abs(2.2 * weights @ solution(2.2 * nodes[:, None])["p"] - 1))


def bridge(name: str) -> Measure:
    """The relative L2 error of m, v or their product; m and v themselves are determined up to a factor only."""

    def measure(solution: Solution) -> float:
        points = inside(solution.problem.domain)
        found, reference = solution(points)[name], known.bridge(points)[name]
        return relative(found if name == "density" else found * (found @ reference) / (found @ found), reference)

    return measure


def depth(solution: Solution) -> float:
    """The relative L1 error of the depth behind the broken dam."""
    points = inside(solution.problem.domain, 8000)
    points = points[points[:, 1] >= 0.2]
    reference = known.dam_break(*points.T)
    return float(np.abs(solution(points)["h"] - reference).sum() / reference.sum())


def shock(solution: Solution) -> float:
    """How far from its place the shock is at the end."""
    x = np.linspace(0, 10, 4001)
    middle, speed, _ = known.dam_states()
    found = x[solution(np.column_stack([x, 6 + 0 * x]))["h"] > (middle + 0.001) / 2].max()
    return float(abs(found - 5 - 6 * speed))


def eigenvalue(order: int) -> Measure:
    """Of -((1 + x)² y')' = λ y: λ = 1/4 + (n π / ln 2)²."""
    return number(f"lam_{order}", 0.25 + (order * np.pi / np.log(2)) ** 2)


def eigenfunction(order: int) -> Measure:
    """The relative L2 error of y with ∫ y² = 1 against ±√(2 / ln 2) sin(n π ln(1 + x) / ln 2) / √(1 + x)."""
    scale = np.log(2) / (order * np.pi)
    either = [field(f"y_{order}", lambda x, sign=sign: sign * np.sqrt(2 / np.log(2) / (1 + x)) * np.sin(np.log1p(x) / scale)) for sign in (1, -1)]
    return lambda solution: min(measure(solution) for measure in either)


# What is measured of every problem, and the error allowed.
EXPECTED: Mapping[str, tuple[tuple[Measure, float], ...]] = {
    "c02_burgers_bump": ((field("u", known.burgers_bump), 5e-3),),
    "c03_forward_backward_logarithms": ((bridge("density"), 0.02), (bridge("m"), 0.05), (bridge("v"), 0.05)),
    "c07_round_hole": ((field("u", lambda x, y: np.log(np.hypot(x - 4, y - 2) / 0.4)), 0.01), (around_hole, 0.02)),
    "c09_parallelogram_hole": ((field("u", sines), 0.01), (integral, 0.01)),
    "c10_convective_edges": ((field("T", known.convective_plate, where=above_the_corners), 0.02), (at("T", (0.6, 0.2), 18.25), 0.02)),
    "c13a_coefficient_smooth": ((field("q", lambda x: x**2, where=away_from_nodes), 0.05),),
    "c13b_coefficient_oscillating": ((field("q", lambda x: np.sin(20 * x), where=away_from_nodes), 0.15),),
    "c14_point_load": ((number("a", 0.35), 0.01 / 0.35), (number("P", 1.0), 0.02), (field("w", known.beam), 0.01)),
    "c16a_rod_steady": ((field("T", lambda x, t: 70 - 300 * x, where=later), 2e-3),),
    "c16b_rod_slow": ((field("T", known.rod, where=later), 1e-2),),
    "c19_stiff_spring": ((field("y", known.stiff_spring), 0.02),),
    "c22_sixth_order": ((field("u", known.sixth_order), 0.02),),
    "c24_interior_layer": ((exact("u"), 0.05),),
    "c25_dam_break": ((depth, 0.03), (shock, 0.1)),
    "c29_forced_oscillator": (
        (over_time("y", known.forced_oscillator, 0, 10), 0.02), (over_time("y", known.forced_oscillator, 0, 20), 0.1)),
    "c30_waves_with_constraint": (
        (field("u1", lambda x, t: np.exp(-t) * np.sin(np.pi * x)), 0.01),
        (field("u2", lambda x, t: np.exp(-t) * np.cos(np.pi * x)), 0.01),
        (field("u3", lambda x, t: (1 + np.pi**2) * np.exp(-t)), 0.05)),
    **{f"c31_vector_laplacian_{way}": (
        (field("w", lambda x, y: x**2 + y**2, 0), 5e-3), (field("w", lambda x, y: x**2 - y**2, 1), 5e-3)) for way in ("built_in", "own")},
    "c33_bloch": tuple(
        (over_time(name, lambda t, name=name: known.bloch(t)[name], 0, 3), 0.03) for name in ("r11", "r22", "r12")),
    "c36_sturm_liouville": ((eigenvalue(1), 2e-3), (eigenfunction(1), 0.01), (eigenvalue(2), 0.01), (eigenfunction(2), 0.01)),
    "c38_traps": ((field("P", known.traps, where=along_the_depths), 0.02), (carriers, 0.01)),
    **{f"c39_fokker_planck_0{tenths}": (
        (field("p", lambda x, a=tenths / 10: known.fokker_planck(x, a)), 0.02), (probability, 5e-3)) for tenths in (3, 5, 7)},
    **{f"c40_source_strength_{way}": ((number("c", 4 * np.pi**2), 0.01),) for way in ("csv", "columns")},
    "c42_star_mesh": ((field("u", lambda x, y: x**3 - 3 * x * y**2), 0.01),),
    "c44_cube": (
        (field("u", lambda x, y, z: np.sin(np.pi * x) * np.sin(np.pi * y) * np.sin(np.pi * z)), 0.01),
        (field("gradient", lambda x, y, z: np.pi * np.cos(np.pi * x) * np.sin(np.pi * y) * np.sin(np.pi * z), 0), 0.01)),
    "c46_five_waves": ((field("u", lambda x: sum(np.sin(2 * k * x) / (2 * k) for k in range(1, 6))), 0.01),),
    "c48_membrane": (
        (field("u", lambda x, y, t: np.sin(np.pi * x) * np.sin(np.pi * y) * np.cos(np.sqrt(2) * np.pi * t)), 0.03),),
    "c50_biharmonic": ((field("u", lambda x, y: np.exp(x) * np.sin(np.pi * y)), 0.01),),
    "c52_flux_edge": ((field("u", lambda x, y: known.insulated_lshape(np.column_stack([x, y]))), 0.05),),
    "c55_fractional_powers": tuple(
        (over_time(name, lambda t, i=i: known.periodic_orbit(t)[i], 0, 2 * np.pi), 0.01) for i, name in enumerate("uv")),
    "c56_spherical": ((field("u", lambda r, theta: r**2 * (3 * np.cos(theta) ** 2 - 1) / 2), 0.02),),
    "c56_spherical_built_in": ((field("u", lambda r, theta: r**2 * (3 * np.cos(theta) ** 2 - 1) / 2), 1e-6),),
    "c57_kdv_coefficients": ((number("A", 1.0), 0.01), (number("B", 0.0025), 0.1), (number("C", 1.0), 0.01)),
}


@pytest.fixture(scope="module")
def measurements(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the problem files, and the measurements and the mesh that they read."""
    folder = tmp_path_factory.mktemp("cases")
    for file in FILES.values():
        shutil.copy(file, folder)
    for write in known.WRITERS:
        write(folder)
    return folder


@pytest.mark.parametrize("name", FILES)
def test_a_case_is_written_in_few_lines_and_understood(name: str, measurements: Path) -> None:
    problem = pinnaux.load(measurements / FILES[name].name)
    assert len(FILES[name].read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    assert all(region.region.measure > 0 for region in Plan.of(problem).regions if region.region.kind != "observations")


def test_the_insulated_lshape_meets_its_conditions() -> None:
    share = np.random.default_rng(1).uniform(0.01, 0.99, 200)
    corners = [(1, 0), (1, -1), (-1, -1), (-1, 1), (0, 1), (0, 0)]
    held = np.concatenate([np.outer(1 - share, a) + np.outer(share, b) for a, b in zip(corners[:-1], corners[1:])])
    insulated, step = np.column_stack([share, 0 * share]), np.array([0, 1e-4])
    here, near, far = (known.insulated_lshape(insulated - count * step) for count in range(3))
    flux = (3 * here - 4 * near + far) / 2e-4
    assert np.abs(known.insulated_lshape(held)).max() < 1e-6
    assert np.abs(flux[share > 0.1]).max() < 1e-5
    assert known.insulated_lshape(inside(pinnaux.load(FILES["c52_flux_edge"]).domain)).min() > 0


def test_the_plate_cooled_at_two_edges_is_that_of_the_published_benchmark() -> None:
    assert known.convective_plate(np.array([0.6]), np.array([0.2])) == pytest.approx(18.25, abs=0.01)


def test_the_broken_dam_keeps_mass_and_momentum() -> None:
    middle, shock, speed = known.dam_states()
    assert shock * (middle - 0.001) == pytest.approx(middle * speed, rel=1e-12)
    assert shock * middle * speed == pytest.approx(middle * speed**2 + 9.81 * (middle**2 - 0.001**2) / 2, rel=1e-9)
    x = (np.arange(100_000) + 0.5) / 10_000
    assert known.dam_break(x, 6 + 0 * x).mean() * 10 == pytest.approx(0.03, rel=1e-4)


def test_the_rod_is_a_sine_series() -> None:
    x, t, modes = np.linspace(0.001, 0.099, 20), np.full(20, 30.0), np.arange(1, 400)
    weights = 2 / (modes * np.pi) * (-20 * (1 - (-1.0) ** modes) - 30 * (-1.0) ** modes)
    waves = np.sin(np.outer(x, modes) * np.pi / 0.1) * np.exp(-4.9975e-7 * (modes * np.pi / 0.1) ** 2 * 30)
    assert known.rod(x, t) == pytest.approx(70 - 300 * x + waves @ weights, rel=1e-12)


def test_the_driven_atom_settles_as_textbooks_say() -> None:
    density = known.bloch(np.array([0.0, 45.0]))
    assert density["r11"] + density["r22"] == pytest.approx(1, abs=1e-12)
    assert density["r22"][1] == pytest.approx(400 / 801, abs=1e-8)          # s / (2 (1 + s)), s = 4 Ω² / (Γ γ)


def test_the_bridge_joins_both_densities() -> None:
    x = np.linspace(0, 2, 41)
    for time, centre in ((0, 0.6), (2, 1.4)):
        density = sum(np.exp(-10 * (x - centre + 2 * k) ** 2) for k in range(-3, 4))
        assert known.bridge(np.column_stack([x, time + 0 * x]))["density"] == pytest.approx(density, abs=1e-9)


def test_the_traps_keep_their_carriers() -> None:
    E = 30 * (np.arange(20_000) + 0.5) / 20_000
    for time in (0.0, 2.0, 10.0):
        assert known.traps(E, time + 0 * E).mean() * 30 == pytest.approx(1, abs=1e-6)


def test_the_traps_fill_as_their_equation_says() -> None:
    E, t, step = np.array([0.1, 1.0, 3.0]), 4.0, 1e-4
    rate = (known.traps(E, t + step + 0 * E) - known.traps(E, t - step + 0 * E)) / (2 * step)
    released = integrate.quad(lambda depth: np.exp(-2 * depth) * known.traps(np.array([depth]), np.array([t]))[0], 0, 30, epsabs=1e-12)[0]
    assert rate == pytest.approx(-np.exp(-2 * E) * known.traps(E, t + 0 * E) + np.exp(-E) * released, rel=1e-6)


def test_the_orbit_is_periodic() -> None:
    assert known.periodic_orbit(np.array([0.0])) == pytest.approx(known.periodic_orbit(np.array([2 * np.pi])), rel=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED)
def test_a_case_is_solved_as_well_as_a_user_expects(name: str, measurements: Path) -> None:
    problem = pinnaux.load(measurements / FILES[name].name)
    solution = pinnaux.solve(problem, time_limit=LONGER.get(name, TIME_LIMIT))
    assert solution.verdict.status in ("accuracy", "stagnation", "time")
    for measure, bound in EXPECTED[name]:
        assert measure(solution) <= bound

"""Points drawn on every shape and combination are uniform, on the right side, with the right normals and measures."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
from geometry_cases import Case, cases, combined, lines, meshes, planar, spatial, steady, timed
from scipy.stats import chi2, chi2_contingency

from pinnaux.geometry import Disk, Domain, Interval, Rectangle, TimeInterval
from pinnaux.geometry.points import Points, apportioned, hammersley

SEED = 7
COUNT = 4096
EDGES = (0.0, 0.23, 0.51, 0.77, 1.0)   # of bins, off the places where outlines run


def generator() -> np.random.Generator:
    return np.random.default_rng(SEED)


def every(chosen: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", chosen, ids=str)


def space_of(domain: Domain, points: Points) -> np.ndarray:
    return points.coordinates[:, : len(domain.space)]


@every(cases)
def test_measures_are_those_of_the_formulas(case: Case) -> None:
    domain = case.domain
    assert domain.measure == pytest.approx(case.measure, rel=case.tolerance)
    assert domain.interior.measure == pytest.approx(case.measure, rel=case.tolerance)
    assert domain.boundary.parts == tuple(case.parts)
    for name, measure in case.parts.items():
        assert domain.boundary[name].measure == pytest.approx(measure, rel=case.tolerance), name
    assert domain.boundary.measure == pytest.approx(sum(case.parts.values()), rel=case.tolerance)


@every(cases)
def test_interior_points_are_inside(case: Case) -> None:
    domain = case.domain
    points = domain.interior.sample(COUNT, generator())
    assert points.coordinates.shape == (COUNT, domain.dimension)
    assert points.normals is None
    assert domain.contains(points.coordinates).all()
    assert len(np.unique(points.coordinates, axis=0)) == COUNT


@every(cases)
def test_boundary_points_have_the_domain_behind_them_and_nothing_before(case: Case) -> None:
    domain = case.domain
    points = domain.boundary.sample(COUNT, generator())
    assert points.coordinates.shape == (COUNT, domain.dimension)
    assert points.normals.shape == (COUNT, len(domain.space))
    np.testing.assert_allclose(np.linalg.norm(points.normals, axis=1), 1, rtol=1e-12)
    step = np.zeros_like(points.coordinates)
    step[:, : len(domain.space)] = 1e-8 * np.ptp(domain.bounds, axis=1)[: len(domain.space)].max() * points.normals
    assert domain.contains(points.coordinates - step).all()
    assert not domain.contains(points.coordinates + step).any()


@every([case for case in cases if not case.open_sides])
def test_flux_through_the_boundary_is_the_divergence_inside(case: Case) -> None:
    """∮ F·n = ∫ div F for F = A x + b, by the mean over sampled points."""
    domain = case.domain
    points = domain.boundary.sample(4 * COUNT, generator())
    dimension = len(domain.space)
    matrix, offset = np.random.default_rng(1).normal(size=(dimension, dimension)), np.full(dimension, 0.3)
    flux = ((space_of(domain, points) @ matrix.T + offset) * points.normals).sum(axis=1)
    expected = np.trace(matrix) * domain.measure
    scale = np.abs(flux).mean() * domain.boundary.measure
    assert flux.mean() * domain.boundary.measure == pytest.approx(expected, abs=max(1e-3, 2 * case.tolerance) * scale)


@every([*planar, *combined, *spatial, *meshes, *timed])
def test_interior_points_are_uniform(case: Case) -> None:
    """Chi-square against plain random points, accepted by the inside test alone."""
    domain = case.domain
    bounds = domain.bounds
    random = bounds[:, 0] + np.ptp(bounds, axis=1) * np.random.default_rng(2).random((200_000, len(bounds)))
    random = random[domain.contains(random)]
    drawn = domain.interior.sample(COUNT, generator()).coordinates
    assert same_distribution(drawn, random, bounds) > 0.01


@every([*planar, *combined, *spatial, *meshes])
def test_boundary_points_are_uniform(case: Case) -> None:
    """Chi-square against random points of a thin shell about the boundary, found by the inside test alone."""
    if case.name in ("box in four dimensions", "rectangle periodic in x", "periodic channel with a hole"):
        return  # the shell also covers the periodic sides; in four dimensions it is too thin to hit
    domain = case.domain
    width = 0.004 * np.ptp(domain.bounds, axis=1).max()
    bounds = domain.bounds + [-width, width]
    random = bounds[:, 0] + np.ptp(bounds, axis=1) * np.random.default_rng(2).random((400_000, len(bounds)))
    shell = random[domain.contains(random, width) & ~domain.contains(random, -width)]
    drawn = domain.boundary.sample(1024, generator()).coordinates
    assert same_distribution(drawn, shell, domain.bounds) > 0.01


def same_distribution(first: np.ndarray, second: np.ndarray, bounds: np.ndarray) -> float:
    """The p-value of both sets of points having the same share in each of 4^d bins."""
    counts = np.stack([binned(points, bounds) for points in (first, second)])
    return chi2_contingency(counts[:, counts.sum(axis=0) > 20]).pvalue


def binned(points: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    scaled = (points - bounds[:, 0]) / np.ptp(bounds, axis=1)
    place = np.stack([np.searchsorted(EDGES[1:-1], column) for column in scaled.T])
    return np.bincount(np.ravel_multi_index(tuple(place), (4,) * len(place)), minlength=4 ** len(place))


@every([*lines, *timed])
def test_points_on_a_line_are_more_even_than_random_ones(case: Case) -> None:
    """The last coordinate fills 64 equal cells: chi-square far below its expectation of 63, and no cell empty."""
    domain = case.domain
    last = domain.interior.sample(COUNT, generator()).coordinates[:, -1]
    kept = domain.interior.sample(COUNT, generator())
    assert (kept.coordinates[:, -1] == last).all()
    if case in timed:
        counts = np.histogram(last, bins=64, range=tuple(domain.bounds[-1]))[0]
        assert ((counts - COUNT / 64) ** 2 / (COUNT / 64)).sum() < chi2.ppf(0.5, 63)
        assert counts.min() > COUNT / 64 / 2


@every(cases)
def test_points_depend_on_the_seed_and_on_nothing_else(case: Case) -> None:
    for draw in (lambda rng: case.domain.interior.sample(100, rng), lambda rng: case.domain.boundary.sample(100, rng)):
        first, again, other = draw(generator()), draw(generator()), draw(np.random.default_rng(SEED + 1))
        assert (first.coordinates == again.coordinates).all()
        if first.coordinates.shape[1] > 1 or first.normals is None:
            assert not (first.coordinates == other.coordinates).all()


@every(cases)
@pytest.mark.parametrize("count", [1, 2, 37, 500])
def test_exactly_as_many_points_as_asked_for_shared_by_measure(case: Case, count: int) -> None:
    domain = case.domain
    assert len(domain.interior.sample(count, generator())) == count
    points = domain.boundary.sample(count, generator())
    assert len(points) == count
    if count < len(case.parts):
        return
    total = sum(case.parts.values())
    numbers = apportioned(count, list(case.parts.values()))
    first = 0
    for (name, measure), number in zip(case.parts.items(), numbers):
        # The shares are of the measured parts: one point more or less where the measure is approximate.
        assert number >= 1
        assert abs(number - max(1, count * measure / total)) < 1 + len(case.parts) / 2
        part = domain.boundary[name].sample(64, generator())
        low, high = part.coordinates.min(axis=0) - 0.2, part.coordinates.max(axis=0) + 0.2
        mine = points.coordinates[first : first + number]
        assert ((mine >= low) & (mine <= high)).all(axis=1).mean() > 0.5
        first += number


@every(timed)
def test_initial_and_final_slices_are_the_interior_at_one_time(case: Case) -> None:
    domain = case.domain
    for region, time in ((domain.initial, 1.0), (domain.final, 3.0)):
        points = region.sample(COUNT, generator())
        assert (points.coordinates[:, -1] == time).all()
        assert points.normals is None and not region.has_normal
        assert domain.contains(points.coordinates).all()
        assert region.measure == pytest.approx(case.measure / 2, rel=max(case.tolerance, 2e-3))


def test_interval_ends_are_drawn_at_distinct_times() -> None:
    points = (Interval(0, 1) * TimeInterval(0, 2)).boundary.sample(20, generator())
    assert (points.coordinates[:10, 0] == 0).all() and (points.coordinates[10:, 0] == 1).all()
    np.testing.assert_array_equal(points.normals[:, 0], np.repeat([-1.0, 1.0], 10))
    assert len(np.unique(points.coordinates[:, 1])) == 20


def test_interval_ends_are_repeated_with_their_normals() -> None:
    points = Interval(0, 1).boundary.sample(5, generator())
    np.testing.assert_array_equal(points.coordinates[:, 0], [0, 0, 0, 1, 1])
    np.testing.assert_array_equal(points.normals[:, 0], [-1, -1, -1, 1, 1])


def test_corners_are_never_drawn() -> None:
    points = Rectangle((0, 0), (1, 1)).boundary.sample(2**15, generator()).coordinates
    assert np.minimum(np.abs(points), np.abs(points - 1)).max(axis=1).min() > 1e-12


def test_time_alone_is_a_domain() -> None:
    domain = TimeInterval(0, 5)
    assert domain.names == ("t",) and domain.space == () and domain.measure == 5
    assert (domain.initial.sample(3, generator()).coordinates == 0).all()
    assert np.ptp(domain.interior.sample(64, generator()).coordinates) > 4.5
    assert domain.contains(np.array([[5.0], [5.1]])).tolist() == [True, False]


@pytest.mark.parametrize("count", [5, 7, 12, 100, 1001])
def test_apportioned_counts_are_within_one_of_their_shares(count: int) -> None:
    measures = [1e-9, 0.5, 1.5, 3.0, 7.0]
    counts = apportioned(count, measures)
    assert counts.sum() == count and counts.min() >= 1
    assert np.abs(counts - np.maximum(count * np.array(measures) / sum(measures), 1)).max() <= 2


@pytest.mark.parametrize("dimension", [2, 3, 4])
def test_declared_measures_use_points_that_measure_to_a_few_parts_in_ten_thousand(dimension: int) -> None:
    """Half-spaces along diagonals, a ball, and ∫ Π 2x = 1."""
    u = hammersley(2**16, dimension)
    assert np.prod(2 * u, axis=1).mean() == pytest.approx(1, abs=1e-3)
    for axis in range(1, dimension):
        assert (u[:, 0] < u[:, axis]).mean() == pytest.approx(0.5, abs=3e-4)
        assert (u[:, axis - 1] + u[:, axis] < 1).mean() == pytest.approx(0.5, abs=3e-4)
    ball = {2: pi * 0.09, 3: 0.036 * pi, 4: pi**2 / 2 * 0.3**4}[dimension]
    assert (((u - 0.5) ** 2).sum(axis=1) < 0.09).mean() == pytest.approx(ball, abs=3e-4)


@every(steady)
def test_a_tolerance_widens_and_narrows_the_shape_by_that_length(case: Case) -> None:
    domain = case.domain
    size = np.ptp(domain.bounds, axis=1).max()
    points = domain.boundary.sample(200, generator())
    reach = 1e-3 * size
    for factor, inside in ((0.5, True), (-0.5, False)):
        moved = points.coordinates + 0.25 * factor * reach * points.normals
        assert domain.contains(moved, factor * reach).mean() == pytest.approx(float(inside), abs=0.02)


def test_disks_cut_out_under_one_name_are_one_boundary_part():
    plate = Rectangle((0, 0), (3, 1))
    for centre in (0.5, 1.5, 2.5):
        plate = plate - Disk((centre, 0.5), 0.2, name="holes")
    assert plate.boundary_names.count("holes") == 1
    np.testing.assert_allclose(plate.boundary["holes"].measure, 3 * 2 * np.pi * 0.2, rtol=1e-9)


def test_default_names_that_clash_are_numbered():
    plate = Rectangle((0, 0), (3, 1)) - Disk((1, 0.5), 0.2) - Disk((2, 0.5), 0.3)
    np.testing.assert_allclose([plate.boundary[name].measure for name in ("circle", "circle 2")], [2 * np.pi * 0.2, 2 * np.pi * 0.3], rtol=1e-9)

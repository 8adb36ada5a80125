"""Points: drawn reproducibly, where the regions are, more of them where residuals are large."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from compute_problems import bar, collocation, conductivity, decay, everything, plate, small_ansatz, source
from reference import assert_same
from torch import Tensor

from pinnaux import Condition, Field, Interval, Problem, Rectangle, laplacian, sqrt
from pinnaux.ansatz import Ansatz, Branch, Features, Group
from pinnaux.collocation import Collocation, Purpose
from pinnaux.jets.inputs import Embedding
from pinnaux.network import Network
from pinnaux.plan import Plan


def drawn(problem: Problem, purpose: Purpose, interior: int = 40) -> list[Tensor]:
    return [block.surroundings.points for block in collocation(problem).blocks(interior, purpose)]


@pytest.mark.parametrize("problem", [plate, everything])
def test_the_same_purpose_gives_the_same_points_and_another_gives_others(problem) -> None:
    first = drawn(problem(), Purpose(0, 1, 2))
    for one, again in zip(first, drawn(problem(), Purpose(0, 1, 2))):
        assert torch.equal(one, again)
    for other in (Purpose(1, 1, 2), Purpose(0, 2, 2), Purpose(0, 1, 3)):
        assert not torch.equal(first[0], drawn(problem(), other)[0])


def test_a_purpose_gives_the_same_random_numbers_each_time_it_is_asked() -> None:
    purpose = Purpose(3, 4, 5)
    assert purpose.generator().random() == purpose.generator().random()
    assert torch.equal(torch.rand(3, generator=purpose.torch_generator()), torch.rand(3, generator=purpose.torch_generator()))
    seeds = {Purpose(*numbers).torch_generator().initial_seed() for numbers in ((3, 4, 5), (4, 3, 5), (3, 5, 4), (3, 4), (3, 4, 6))}
    assert len(seeds) == 5


def test_points_lie_on_their_regions_with_their_normals() -> None:
    motion, wall, seen, first = collocation(everything()).blocks(200, Purpose(0, 1))
    inside = motion.surroundings.points
    assert (inside > 0).all() and (inside < torch.tensor([2.0, 1.0, 1.0])).all()
    on_left, on_top = wall.surroundings.points[:, 0] == 0, wall.surroundings.points[:, 1] == 1
    assert (on_left ^ on_top).all()
    assert_same(wall.surroundings.normals, torch.stack([-on_left.double(), on_top.double()], dim=1), 1e-15, 0)
    assert (first.surroundings.points[:, 2] == 0).all()
    assert_same(seen.surroundings.columns["T"], seen.surroundings.points[:, 0], 0.0, 0)


def test_a_region_of_a_few_points_is_each_of_them_once() -> None:
    ends = collocation(bar()).blocks(100, Purpose(0, 1))[1].surroundings.points
    assert sorted(ends[:, 0].tolist()) == [0, 1]
    assert collocation(decay()).blocks(100, Purpose(0, 1))[1].surroundings.points.tolist() == [[0]]


def test_measurements_are_trained_on_with_the_values_of_their_rows() -> None:
    problem = conductivity()
    measured = problem.conditions[2].region.points
    block = collocation(problem).blocks(100, Purpose(0, 1))[2]
    rows = dict(zip(measured.coordinates[:, 0].tolist(), measured.columns["value"].tolist()))
    found = zip(block.surroundings.points[:, 0].tolist(), block.surroundings.columns["value"].tolist())
    assert 0 < block.surroundings.count <= len(rows) and all(rows[x] == value for x, value in found)


def test_a_group_is_pushed_at_its_own_coordinates() -> None:
    points = collocation(source())
    assert [points.axes(number) for number in range(2)] == [[0, 1], [0]]
    heat, ends, *_ = points.blocks(10, Purpose(0, 1))
    assert heat.axes == ((0, 1), (0,)) and ends.axes == ((0, 1), None)


def test_points_of_the_domain_fill_it_evenly() -> None:
    found = collocation(everything()).domain_points(4096, Purpose(0, 9))
    shares = [((found[:, 0] < 1) & (found[:, 2] > 0.75)).double().mean().item(), (found[:, 1] < 0.1).double().mean().item()]
    assert shares == pytest.approx([0.125, 0.1], abs=0.01)


def peak(problem: Problem, centre: float) -> tuple[Ansatz, Tensor]:
    """u = exp(−½(20(x − centre))²) as one Gaussian unit: a residual u that is large in one place only."""
    network = Network.dense(Embedding((centre,), (0.05,), (0.0,)), (1,), 1, "gaussian")
    features = Features(network, torch.tensor([1.0, 0.0], dtype=torch.float64))
    return Ansatz((Group(("u",), ("x",), (features,)),)), torch.tensor([1.0, 0.0], dtype=torch.float64)


def identity_problem(equation=lambda u: u == 0) -> Problem:
    domain = Interval(0, 1)
    u = Field("u", domain)
    return Problem([u], [Condition("value", equation(u), on=domain), Condition("ends", u == 0, on=domain.boundary)])


def test_points_are_attracted_by_large_residuals_and_missing_nowhere() -> None:
    problem = identity_problem()
    points = collocation(problem, pool_factor=8, largest_attraction=20.0)
    ansatz, theta = peak(problem, 0.3)
    found = points.attracted(ansatz, theta, 1000, Purpose(0, 1))[0].surroundings.points[:, 0]
    assert len(found) == len(found.unique()) == 1000
    near = ((found - 0.3).abs() < 0.05).double().mean().item()
    # Uniformly 0.1 would be near; p ∝ 1 + |r|/mean|r| takes at most twice the share of the residual, which has 0.68 there.
    assert 0.3 < near < 0.5
    assert np.histogram(found, bins=20, range=(0, 1))[0].min() > 10
    assert sorted(points.attracted(ansatz, theta, 1000, Purpose(0, 1))[1].surroundings.points[:, 0].tolist()) == [0, 1]


def test_where_nothing_is_left_points_are_uniform() -> None:
    problem = identity_problem()
    ansatz, theta = peak(problem, 0.3)
    found = collocation(problem).attracted(ansatz, 0 * theta, 1000, Purpose(0, 1))[0].surroundings.points[:, 0]
    assert np.histogram(found, bins=10, range=(0, 1))[0] == pytest.approx([100] * 10, abs=30)


def test_points_where_a_residual_is_undefined_are_still_drawn_from() -> None:
    problem = identity_problem(lambda u: sqrt(u - 0.5) == 0)
    ansatz, theta = peak(problem, 0.3)
    found = collocation(problem).attracted(ansatz, theta, 500, Purpose(0, 1))[0].surroundings.points
    assert len(found.unique()) == 500


def test_programs_of_a_problem_agree_with_its_exact_solution() -> None:
    """sin 2πx as one sine unit leaves no residual in any condition; 1.1 times it leaves one in the interior."""
    problem = bar(2.0)
    network = Network.dense(Embedding((0.0,), (1 / (2 * np.pi),), (0.0,)), (1,), 1, "sin")
    features = Features(network, torch.tensor([1.0, 0.0], dtype=torch.float64))
    ansatz = Ansatz((Group(("u",), ("x",), (features,)),))
    for block in collocation(problem).blocks(50, Purpose(0, 1)):
        assert block.residuals(ansatz, torch.tensor([1.0, 0.0], dtype=torch.float64)).abs().max() < 1e-12
        assert block.residuals(ansatz, torch.tensor([1.1, 0.0], dtype=torch.float64)).abs().max() > 1 or block.names == ("ends",)


def test_every_region_is_drawn_in_the_precision_asked_for() -> None:
    problem = everything()
    ansatz, theta = small_ansatz(problem)
    points = collocation(problem)
    single = type(points)(points.plan, torch.float32, torch.device("cpu"))
    for one, other in zip(single.blocks(20, Purpose(0, 1)), points.blocks(20, Purpose(0, 1))):
        found = one.residuals(small_single(ansatz), theta.float())
        assert found.dtype == torch.float32
        assert_same(found.double(), other.residuals(ansatz, theta), 1e-4)


def small_single(ansatz: Ansatz) -> Ansatz:
    """The ansatz with its held parameters in float32."""

    def single(branch: Branch) -> Branch:
        return Features(branch.network, branch.hidden.float()) if isinstance(branch, Features) else branch

    groups = [Group(group.unknowns, group.coordinates, tuple(map(single, group.branches))) for group in ansatz.groups]
    return Ansatz(tuple(groups), ansatz.numbers)


def test_with_corner_functions_points_come_near_every_corner() -> None:
    """A fifth of the points are spread evenly in the logarithm of their distance; all still lie in the region, with outward normals."""
    domain = Rectangle((0, 0), (2, 1))
    u = Field("u", domain)
    problem = Problem([u], [Condition("balance", laplacian(u) == 1, on=domain), Condition("walls", u == 0, on=domain.boundary)])
    sharp = Collocation(Plan.of(problem), torch.float64, torch.device("cpu"), corners=True)
    blocks = [sharp.blocks(2000, Purpose(0, 1)), replace(sharp, corners=False).blocks(2000, Purpose(0, 1))]
    for near, plain, reach in zip(*blocks, (0.1, 0.02)):
        points = near.surroundings.points.numpy()
        assert len(points) == len(plain.surroundings.points) and domain.contains(points, 1e-12).all()
        for vertex in ((0, 0), (2, 0), (0, 1), (2, 1)):
            close = [int((np.linalg.norm(one.surroundings.points.numpy() - vertex, axis=1) < reach).sum()) for one in (near, plain)]
            assert close[0] >= 1.8 * close[1] and close[0] >= 10
    walls = blocks[0][1].surroundings
    outward = walls.points + 1e-6 * walls.normals
    assert not domain.contains(outward.numpy()).any()

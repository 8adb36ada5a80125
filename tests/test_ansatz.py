"""Branches and their sums: which parameters are free, and that rows are the derivatives in those."""

from __future__ import annotations

import cases
import pytest
import reference
import torch
from cases import normal
from reference import assert_same
from torch import Tensor

from pinnaux.ansatz import Ansatz, Branch, Features, Frozen, Group, Pieces, Tangent, Trained
from pinnaux.jets.spec import JetSpec

SPEC = JetSpec.closure(2, [(2, 0), (0, 1), (1, 1)], [(1.0, 2.0)])
CASE = cases.dense(2, "tanh")
HIDDEN = CASE.network.size - CASE.network.layers[-1].size


def plain_features(theta: Tensor) -> Tensor:
    return reference.network_jet(CASE.network, torch.cat([CASE.parameters[:HIDDEN], theta]), CASE.points, SPEC)


def plain_trained(theta: Tensor) -> Tensor:
    return reference.network_jet(CASE.network, theta, CASE.points, SPEC)


def plain_tangent(theta: Tensor) -> Tensor:
    """J θ with J the dense derivative of the jet in the parameters."""
    dense = reference.jacobian(plain_trained, CASE.parameters)
    return dense @ theta


branches = (
    pytest.param(Trained(CASE.network), plain_trained, id="trained"),
    pytest.param(Features(CASE.network, CASE.parameters[:HIDDEN]), plain_features, id="features"),
    pytest.param(Tangent(CASE.network, CASE.parameters), plain_tangent, id="tangent"),
)


@pytest.mark.parametrize("branch, plain", branches)
def test_a_branch_pushes_the_jet_of_its_function(branch: Branch, plain) -> None:
    theta = normal(branch.size, seed=20)
    found, _ = branch.push(theta, CASE.points, SPEC)
    assert_same(found, plain(theta).detach(), 1e-12)


@pytest.mark.parametrize("branch, plain", branches)
def test_rows_of_a_branch_are_the_derivatives_in_its_free_parameters(branch: Branch, plain) -> None:
    theta = normal(branch.size, seed=21)
    jet, trace = branch.push(theta, CASE.points, SPEC)
    adjoint = normal(2, *jet.shape, seed=22)
    if isinstance(branch, Tangent):
        expected = torch.einsum("mkno,knop->mnp", adjoint, reference.jacobian(plain_trained, CASE.parameters))
    else:
        expected = reference.jacobian(lambda own: torch.einsum("mkno,kno->mn", adjoint, plain(own)), theta)
    assert_same(branch.rows(theta, trace, adjoint, SPEC), expected, 1e-12)
    assert_same(branch.gradient(theta, trace, adjoint, SPEC), expected.sum(dim=(0, 1)), 1e-12, 0)


def test_a_frozen_branch_keeps_its_function_and_frees_nothing() -> None:
    frozen = Frozen(Trained(CASE.network), CASE.parameters)
    found, trace = frozen.push(CASE.parameters[:0], CASE.points, SPEC)
    assert_same(found, plain_trained(CASE.parameters).detach(), 1e-12)
    assert frozen.size == 0 and frozen.rows(CASE.parameters[:0], trace, torch.ones_like(found)[None], SPEC).numel() == 0


@pytest.mark.parametrize("branch, plain", branches[1:])
def test_features_and_tangents_are_linear_spaces(branch: Branch, plain) -> None:
    one, other = normal(branch.size, seed=23), normal(branch.size, seed=24)
    jets = [branch.push(theta, CASE.points, SPEC)[0] for theta in (one, other, 2 * one - 3 * other, 0 * one)]
    assert_same(jets[2], 2 * jets[0] - 3 * jets[1], 1e-12)
    assert (jets[3] == 0).all()


def mixed_group() -> tuple[Group, Tensor]:
    """All four kinds of branches in one group."""
    other = cases.dense(2, "sin", (3,))
    group = Group(("u", "v"), ("x", "y"), (
        Trained(other.network), Features(CASE.network, CASE.parameters[:HIDDEN]), Frozen(Trained(CASE.network), CASE.parameters),
        Tangent(CASE.network, CASE.parameters)))
    return group, normal(group.size, seed=25)


def test_a_group_is_the_sum_of_its_branches() -> None:
    group, theta = mixed_group()
    found, _ = group.push(theta, CASE.points, SPEC)
    other = group.branches[0].network
    parts = torch.split(theta, [other.size, CASE.network.size - HIDDEN, CASE.network.size])
    expected = (reference.network_jet(other, parts[0], CASE.points, SPEC) + plain_features(parts[1])
                + plain_trained(CASE.parameters) + plain_tangent(parts[2]))
    assert_same(found, expected.detach(), 1e-12)


def test_rows_of_a_group_are_its_branches_rows_side_by_side() -> None:
    group, theta = mixed_group()
    jet, traces = group.push(theta, CASE.points, SPEC)
    adjoint = normal(2, *jet.shape, seed=26)
    # The group's jet by differences in θ: linear in most of it, smooth in the rest.
    direction, step = normal(group.size, seed=27), 1e-5
    ahead, behind = (group.push(theta + sign * step * direction, CASE.points, SPEC)[0] for sign in (1, -1))
    expected = torch.einsum("mkno,kno->mn", adjoint, (ahead - behind) / (2 * step))
    assert_same(group.rows(theta, traces, adjoint, SPEC) @ direction, expected, 1e-8)
    assert_same(group.tangent(theta, direction, CASE.points, SPEC), (ahead - behind) / (2 * step), 1e-8)


def test_an_ansatz_splits_its_parameters_by_group_and_keeps_the_numbers_last() -> None:
    group, _ = mixed_group()
    small = Group(("q",), ("x",), (Trained(cases.dense(1, outputs=1).network),))
    ansatz = Ansatz((group, small), numbers=2)
    theta = torch.arange(float(ansatz.size))
    first, second, numbers = ansatz.split(theta)
    assert (len(first), len(second), len(numbers)) == (group.size, small.size, 2)
    assert torch.equal(torch.cat([first, second, numbers]), theta)


def test_pieces_are_each_function_in_its_own_time() -> None:
    """And nothing of them is free; at an edge between two the earlier one counts."""
    one, other = cases.dense(2, "tanh"), cases.dense(2, "sin")
    groups = tuple(Group(("u", "v"), ("x", "t"), (Trained(case.network),)) for case in (one, other))
    pieces = Pieces((-1.0, 0.2, 1.0), groups, (one.parameters, other.parameters))
    points = torch.stack([normal(9, seed=28), torch.linspace(-1, 1, 9, dtype=torch.float64)], dim=1)
    points[6, 1] = 0.2
    found, trace = pieces.push(one.parameters[:0], points, SPEC)
    early = points[:, 1] <= 0.2
    for case, here in ((one, early), (other, ~early)):
        assert_same(found[:, here], reference.network_jet(case.network, case.parameters, points[here], SPEC).detach(), 1e-12)
    adjoint = torch.ones_like(found)[None]
    assert pieces.rows(one.parameters[:0], trace, adjoint, SPEC).numel() == pieces.gradient(one.parameters[:0], trace, adjoint, SPEC).numel() == 0


def test_what_is_held_was_fitted_too_in_every_piece_of_time() -> None:
    count = CASE.network.size
    held = Frozen(Trained(CASE.network), CASE.parameters)
    group = Group(("u",), ("x", "t"), (held, Features(CASE.network, CASE.parameters[:HIDDEN])))
    assert (group.size, group.fitted) == (count - HIDDEN, 2 * count - HIDDEN)
    pieces = Pieces((0.0, 1.0, 2.0), (group, Group(("u",), ("x", "t"), (held,))), (normal(group.size), normal(0)))
    ansatz = Ansatz((Group(("u",), ("x", "t"), (pieces,)),), numbers=2)
    assert (ansatz.size, ansatz.fitted) == (2, 3 * count - HIDDEN + 2)

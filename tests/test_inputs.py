"""Input layers: scaled and periodic coordinates, and the singular functions of corners."""

from __future__ import annotations

import math
from dataclasses import replace

import cases
import pytest
import reference
import torch
from cases import l_corner, sector_points
from reference import assert_same
from torch import Tensor

from pinnaux.jets.inputs import CornerFunctions, Embedding
from pinnaux.jets.spec import JetSpec

embeddings = (
    pytest.param(cases.plain_embedding(1), id="1d"),
    pytest.param(cases.plain_embedding(3), id="3d"),
    pytest.param(Embedding((0.5,), (0.5,), (1.0,)), id="periodic"),
    pytest.param(Embedding((1.0, -2.0, 0.5), (2.0, 1.0, 0.5), (4.0, 0.0, 1.0)), id="two-of-three-periodic"),
)

def coupled_corner() -> CornerFunctions:
    """What velocities and pressures do at a corner."""
    return CornerFunctions((0.3, 0.1), 0.8, 1.2 * math.pi, (-0.4, 0.6), logs=(0, 1, 2), conjugated=(0.6, 1.6), conjugated_logs=(1, 2), whole_log=True, nearest=1e-3)


corners = (
    pytest.param(l_corner(), id="plain"),
    pytest.param(l_corner(radius=0.9), id="bump"),
    pytest.param(l_corner(time=(0.5, 2.0, 5)), id="time"),
    pytest.param(l_corner(radius=0.9, time=(-1.0, 0.0, 4)), id="bump-and-time"),
    pytest.param(CornerFunctions((0.0, 0.0), 5.5, 0.4 * math.pi, (1.25, 2.5, 3.75)), id="sharp"),
    pytest.param(CornerFunctions((1.0, 0.5), 2.0, 0.5 * math.pi, (), logs=(0, 1, 2, 4)), id="right angle"),
    pytest.param(l_corner(conjugated=(7 / 3, 8 / 3)), id="times r²"),
    pytest.param(l_corner(radius=0.9, time=(0.0, 1.0, 2), conjugated=(0.5, 7 / 3)), id="conjugated-bump-and-time"),
    pytest.param(coupled_corner(), id="coupled"),
    pytest.param(replace(coupled_corner(), radius=0.9, time=(0.0, 1.0, 2)), id="coupled-bump-and-time"),
    pytest.param(CornerFunctions((0.1, 0.0), 3.0, math.pi, (0.5, 1.5), logs=(0, 2), radius=0.9, time=(0.0, 1.0, 3)), id="straight"),
)
harmonic = (l_corner(), *(parameter.values[0] for parameter in corners[4:6]))
plane_specs = (JetSpec.closure(2, [(3, 0), (1, 2)]), JetSpec.closure(2, [(0, 1)], [(1.0, 3.0)]), JetSpec.closure(2, [], [(1.0, -2.0)]))
time_specs = (JetSpec.closure(3, [(2, 0, 1), (0, 1, 2)]), JetSpec.closure(3, [(0, 0, 1)], [(1.0, 3.0, 0.0), (1.0, 2.0, -3.0)]))


@pytest.mark.parametrize("layer", embeddings)
def test_scaled_coordinates_have_the_jets_of_autograd(layer: Embedding) -> None:
    dimension = len(layer.centre)
    points = cases.normal(9, dimension)
    mixed = [(1,) * dimension, tuple(4 if i == 0 else 0 for i in range(dimension))]
    spec = JetSpec.closure(dimension, mixed, [tuple(1.0 + i for i in range(dimension))])
    assert_same(layer.push(points, spec), reference.jet(lambda x: reference.inputs(layer, x), points, spec).detach(), 1e-12)


@pytest.mark.parametrize("layer", embeddings[2:])
def test_a_shift_by_a_period_changes_no_channel(layer: Embedding) -> None:
    points, dimension = cases.normal(9, len(layer.centre)), len(layer.centre)
    spec = cases.spec_for(cases.drawn(cases.dense(dimension).network, points), 3)
    shifted = points + 3 * torch.tensor(layer.period, dtype=torch.float64)
    assert_same(layer.push(shifted, spec), layer.push(points, spec), 1e-12)


@pytest.mark.parametrize("layer", corners)
def test_corner_functions_have_the_jets_of_autograd(layer: CornerFunctions) -> None:
    points = sector_points(layer, 11, largest=0.8 * layer.radius if layer.radius else 1.0)
    for spec in time_specs if layer.time else plane_specs:
        expected = reference.jet(lambda x: reference.inputs(layer, x), points, spec).detach()
        assert_same(layer.push(points, spec), expected, 1e-11)


@pytest.mark.parametrize("layer", harmonic, ids=["L", "sharp", "right angle"])
def test_corner_functions_are_harmonic(layer: CornerFunctions) -> None:
    spec = JetSpec.closure(2, [(2, 0)], [(1.0, 1.0)])
    jet = layer.push(sector_points(layer, 50), spec)
    assert (jet[spec.form_position((1.0, 1.0))].abs() <= 1e-12 * jet[spec.position[2, 0]].abs() + 1e-13).all()


def test_conjugated_functions_are_biharmonic() -> None:
    """∂xxxx + 2 ∂xxyy + ∂yyyy is zero, and not so the Laplacian."""
    layer = coupled_corner()
    spec = JetSpec.closure(2, [(4, 0), (2, 2), (0, 4), (2, 0), (0, 2)])
    jet = layer.push(sector_points(layer, 50), spec)
    part = {index: jet[spec.position[index]] for index in ((4, 0), (2, 2), (0, 4), (2, 0), (0, 2))}
    size = part[4, 0].abs() + part[2, 2].abs() + part[0, 4].abs()
    assert ((part[4, 0] + 2 * part[2, 2] + part[0, 4]).abs() <= 1e-12 * size + 1e-11).all()
    harmonic = ((part[2, 0] + part[0, 2]).abs() <= 1e-10 * part[2, 0].abs() + 1e-12).all(dim=0)
    assert harmonic.tolist() == [True] * 10 + [False] * 8


def test_what_is_infinite_at_a_corner_grows_no_further_than_it_may() -> None:
    layer = coupled_corner()
    at = torch.tensor([layer.vertex], dtype=torch.float64)
    near = at + 1e-3 * torch.tensor([[math.cos(1.5), math.sin(1.5)]], dtype=torch.float64)
    there, beside = (layer.push(points, JetSpec.closure(2, []))[0, 0] for points in (at, near))
    assert torch.isfinite(there).all() and there.abs().max() < 1.001 * (1e-3) ** -0.4
    assert beside[:2].norm() == pytest.approx(1e-3**-0.4) and beside[4] == pytest.approx(math.log(1e-3))


def edge_jets(layer: CornerFunctions, angle: float) -> tuple[Tensor, Tensor]:
    """Values and derivatives across the edge at an angle from the first one, (N, width) each."""
    radius = torch.linspace(0.1, 1, 10, dtype=torch.float64)
    polar = layer.start + angle
    points = torch.stack([layer.vertex[0] + radius * math.cos(polar), layer.vertex[1] + radius * math.sin(polar)], dim=1)
    jet = layer.push(points, JetSpec.closure(2, [(1, 0), (0, 1)]))
    return jet[0], jet[1] * -math.sin(polar) + jet[2] * math.cos(polar)


@pytest.mark.parametrize("multiple", [1, 2, 3, 4])
@pytest.mark.parametrize("opening", [0.4 * math.pi, 1.2 * math.pi, 1.5 * math.pi, 2 * math.pi])
def test_corner_functions_vanish_or_are_flat_on_the_edges(opening: float, multiple: int) -> None:
    """r^s sin sθ with s = kπ/(2ω) is 0 on the first side, on the other 0 for even k and flat for odd; r^s cos sθ the other way round."""
    layer = CornerFunctions((0.3, 0.1), 0.8, opening, (multiple * math.pi / (2 * opening),))
    value, across = edge_jets(layer, 0.0)
    assert value[:, 1].abs().max() < 1e-13 and across[:, 0].abs().max() < 1e-13
    assert across[-1, 1] == pytest.approx(layer.exponents[0]) and value[-1, 0] == pytest.approx(1)
    # On the other side of a slit the two edges are the same points: it is approached from inside.
    value, across = edge_jets(layer, opening - (1e-13 if opening == 2 * math.pi else 0.0))
    zero = (value[:, 1], across[:, 0]) if multiple % 2 == 0 else (value[:, 0], across[:, 1])
    assert all(one.abs().max() < 1e-11 for one in zero)


@pytest.mark.parametrize("layer", [l_corner(), CornerFunctions((0.0, 0.0), 5.5, 0.4 * math.pi, (1.25, 2.5)),
                                   CornerFunctions((0.0, 0.0), 3.0, 1.9 * math.pi, (0.6, 1.7))], ids=["L", "sharp", "slit"])
def test_corner_functions_have_no_jump_inside_the_sector_or_just_outside(layer: CornerFunctions) -> None:
    beyond = min(0.1, (2 * math.pi - layer.opening) / 3)
    angle = layer.start + torch.linspace(-beyond, layer.opening + beyond, 4001, dtype=torch.float64)
    points = torch.stack([layer.vertex[0] + torch.cos(angle), layer.vertex[1] + torch.sin(angle)], dim=1)
    value = layer.push(points, JetSpec.closure(2, []))[0]
    steepest = max(layer.exponents) * (angle[1] - angle[0])
    assert value.diff(dim=0).abs().max() <= 1.001 * steepest


@pytest.mark.parametrize("layer", corners)
def test_corner_functions_are_finite_at_the_corner_itself(layer: CornerFunctions) -> None:
    point = torch.tensor([[*layer.vertex, layer.time[0]] if layer.time else [*layer.vertex]], dtype=torch.float64)
    jet = layer.push(point, (time_specs if layer.time else plane_specs)[1])
    assert torch.isfinite(jet).all()
    assert 0 in layer.logs or jet[0].abs().max() < 1e-10     # the angle itself has no value at the corner, nor log r


def test_a_bump_ends_its_functions_smoothly() -> None:
    layer, spec = l_corner(radius=0.5), JetSpec.closure(2, [(4, 0), (2, 2)])
    directions = sector_points(l_corner(), 20) - torch.tensor(layer.vertex, dtype=torch.float64)
    directions = directions / directions.norm(dim=1, keepdim=True)
    vertex = torch.tensor(layer.vertex, dtype=torch.float64)
    assert (layer.push(vertex + 0.5 * (1 + 1e-12) * directions, spec) == 0).all()
    assert (layer.push(vertex + 3.0 * directions, spec) == 0).all()
    # (1 − q²)⁶ has a zero of order 6, so a k-th derivative falls by about 2^(6−k) when the distance to the end is halved.
    far, near = (layer.push(vertex + 0.5 * (1 - gap) * directions, spec).abs().amax(dim=(1, 2)) for gap in (1e-2, 5e-3))
    for channel, index in enumerate(spec.indices):
        assert near[channel] / far[channel] == pytest.approx(2.0 ** (sum(index) - 6), rel=0.2)


def test_near_the_corner_a_bump_leaves_its_functions_as_they_are() -> None:
    plain, bumped, spec = l_corner(), l_corner(radius=1.0), JetSpec.closure(2, [(2, 0), (1, 1), (0, 2)])
    points = sector_points(plain, 20, smallest=1e-4, largest=1e-3)
    assert_same(bumped.push(points, spec), plain.push(points, spec), 1e-9)

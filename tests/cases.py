"""What the tests of the compute side run over: activations, jet specifications, networks, dtypes and devices."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor

from pinnaux.jets.activations import ACTIVATIONS
from pinnaux.jets.inputs import CornerFunctions, Embedding
from pinnaux.jets.products import Factor, Products
from pinnaux.jets.spacetime import SpaceTime
from pinnaux.jets.spec import JetSpec
from pinnaux.network import Network

activations = tuple(ACTIVATIONS)

specs = (
    pytest.param(JetSpec.closure(1, []), id="1d-value"),
    pytest.param(JetSpec.closure(1, [(1,)]), id="1d-first"),
    pytest.param(JetSpec.closure(1, [(4,)]), id="1d-fourth"),
    pytest.param(JetSpec.closure(2, [(1, 0)]), id="2d-one-first"),
    pytest.param(JetSpec.closure(2, [(2, 0), (0, 1)]), id="2d-heat"),
    pytest.param(JetSpec.closure(2, [(3, 0), (0, 1)]), id="2d-third"),
    pytest.param(JetSpec.closure(2, [(2, 2), (4, 0), (0, 4)]), id="2d-biharmonic"),
    pytest.param(JetSpec.closure(2, [], [(1.0, 1.0)]), id="2d-laplacian"),
    pytest.param(JetSpec.closure(2, [(1, 1)], [(1.0, -4.0)]), id="2d-wave-and-mixed"),
    pytest.param(JetSpec.closure(3, [(1, 1, 1), (0, 0, 2)]), id="3d-mixed"),
    pytest.param(JetSpec.closure(3, [(0, 0, 1)], [(1.0, 1.0, 0.0), (0.0, 2.5, -1.0)]), id="3d-two-forms"),
    pytest.param(JetSpec.closure(4, [(1, 0, 2, 0), (0, 1, 0, 1)]), id="4d-mixed"),
    pytest.param(JetSpec.closure(5, [], [(1.0,) * 5]), id="5d-laplacian"),
)

tolerances = {torch.float64: 1e-12, torch.float32: 5e-5}
dtypes = (pytest.param(torch.float64, id="float64"), pytest.param(torch.float32, id="float32"))
devices = ("cpu", pytest.param("cuda", marks=pytest.mark.cuda))


@dataclass(frozen=True)
class Case:
    """A network with parameters (size,) drawn at random, and points (N, d) to look at it."""

    network: Network
    parameters: Tensor
    points: Tensor

    def to(self, device: str, dtype: torch.dtype = torch.float64) -> Case:
        return Case(self.network, self.parameters.to(device, dtype), self.points.to(device, dtype))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(*shape: int, seed: int = 0) -> Tensor:
    """Random numbers of size about 1, float64."""
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def plain_embedding(dimension: int) -> Embedding:
    """Coordinates scaled from boxes that are neither centred nor equal."""
    return Embedding(tuple(0.3 * axis - 0.2 for axis in range(dimension)), tuple(1.0 + 0.5 * axis for axis in range(dimension)), (0.0,) * dimension)


def dense(dimension: int, activation: str = "tanh", widths: tuple[int, ...] = (5, 4), outputs: int = 2, points: int = 7) -> Case:
    """A small dense network of scaled coordinates."""
    return drawn(Network.dense(plain_embedding(dimension), widths, outputs, activation), normal(points, dimension, seed=3))


def drawn(network: Network, points: Tensor) -> Case:
    return Case(network, 0.7 * normal(network.size, seed=network.size), points)


def periodic_case() -> Case:
    """The first axis periodic, the second not."""
    return drawn(Network.dense(Embedding((0.5, 1.0), (0.5, 2.0), (1.0, 0.0)), (4,), 2, "tanh"), normal(7, 2, seed=4))


def around_axis_case() -> Case:
    """Products of a radius, a sine and two waves, a square, and a scaled coordinate."""
    radius, sine = Factor(0, half=2.0), Factor(1, wave=1.0, phase=math.pi / 2)
    layer = Products(((radius, sine, Factor(2, wave=2.0, phase=0.3)), (replace(radius, power=2), replace(sine, power=2)), (Factor(2, centre=0.1),)))
    return drawn(Network.dense(layer, (4,), 2, "tanh"), normal(7, 3, seed=4))


def bent_case() -> Case:
    """Two scaled coordinates, and functions of them that are zero on one side of a place."""
    bends = (Factor(0, power=2, centre=0.1, half=1.5, bent=True), Factor(1, power=1, centre=-0.3, half=0.5, bent=True), Factor(1, power=3, bent=True))
    return drawn(Network.dense(Products(((Factor(0),), (Factor(1),), *((one,) for one in bends))), (4,), 2, "tanh"), normal(9, 2, seed=4))


def l_corner(radius: float = 0.0, time: tuple[float, float, int] | None = None, conjugated: tuple[float, ...] = ()) -> CornerFunctions:
    """The re-entrant corner of an L-shape: interior angles from π/2 to 2π around (0.2, −0.1)."""
    return CornerFunctions((0.2, -0.1), math.pi / 2, 1.5 * math.pi, (1 / 3, 2 / 3, 4 / 3), radius=radius, time=time, conjugated=conjugated)


def sector_points(layer: CornerFunctions, count: int, smallest: float = 0.1, largest: float = 1.0, margin: float = 0.05) -> Tensor:
    """Points (N, 2), or (N, 3) with time, in the sector of a corner."""
    shares = torch.rand(count, 3, generator=generator(5), dtype=torch.float64)
    angle = layer.start + margin + (layer.opening - 2 * margin) * shares[:, 0]
    radius = smallest + (largest - smallest) * shares[:, 1]
    columns = [layer.vertex[0] + radius * torch.cos(angle), layer.vertex[1] + radius * torch.sin(angle)]
    if layer.time:
        columns.append(layer.time[0] + (layer.time[1] - layer.time[0]) * shares[:, 2])
    return torch.stack(columns, dim=1)


def corner_case() -> Case:
    """A network whose inputs are singular functions inside their bump, over time."""
    layer = CornerFunctions((0.2, -0.1), math.pi / 2, 1.5 * math.pi, (2 / 3,), radius=1.2, time=(0.5, 2.0, 3))
    return drawn(Network.dense(layer, (3,), 1, "sin"), sector_points(layer, 3, largest=0.9))


def space_time_case(dimension: int) -> Case:
    """Features of space (none in one dimension) times polynomials of time."""
    space = plain_embedding(dimension - 1)
    units = 2 if dimension > 1 else 0
    layer = SpaceTime(space, "tanh", units, 0.8 * normal(units * dimension, seed=6), -0.5, 1.0, 3)
    return drawn(Network.dense(layer, (3,), 2, "sin"), 0.5 * normal(5, dimension, seed=7))


networks = (
    *(pytest.param(dense(2, kind), id=kind) for kind in activations),
    pytest.param(dense(1, "tanh", (6, 5, 4), 1), id="deep-1d"),
    pytest.param(dense(3, "sin", (), 2), id="linear-3d"),
    pytest.param(periodic_case(), id="periodic"),
    pytest.param(around_axis_case(), id="around an axis"),
    pytest.param(bent_case(), id="bent"),
    pytest.param(corner_case(), id="corner-time"),
    pytest.param(space_time_case(3), id="space-time"),
    pytest.param(space_time_case(1), id="moments"),
)


def spec_for(case: Case, order: int = 2) -> JetSpec:
    """All derivatives up to `order` in the case's coordinates, and one form."""
    dimension = case.points.shape[1]
    unit = [tuple(order if i == axis else 0 for i in range(dimension)) for axis in range(dimension)]
    mixed = [tuple(1 if i < 2 else 0 for i in range(dimension))] if dimension > 1 else []
    return JetSpec.closure(dimension, unit + mixed, [tuple(1.0 + i for i in range(dimension))])

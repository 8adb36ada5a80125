"""Networks: what the layer-by-layer start spreads over the points."""

from __future__ import annotations

import math

import cases
import pytest
import reference
import torch
from cases import Case
from reference import assert_same
from torch import Tensor

from pinnaux.jets.inputs import Embedding
from pinnaux.jets.layers import Linear
from pinnaux.jets.spec import JetSpec
from pinnaux.network import Network, spread

VALUES = JetSpec.closure(2, [])


def started(scale: float | tuple[float, ...], widths: tuple[int, ...] = (400, 300), seed: int = 0) -> Case:
    """A network spread over points of a box."""
    points = 3 * torch.rand(500, 2, generator=cases.generator(1), dtype=torch.float64) - 1
    network = Network.dense(Embedding((0.5, 0.5), (1.5, 1.5), (0.0, 0.0)), widths, 3, "tanh")
    return Case(network, spread(network, points, scale, cases.generator(seed)), points)


def pre_activations(case: Case) -> list[Tensor]:
    """What enters every activation, (N, width)."""
    _, trace = case.network.push(case.parameters, case.points, VALUES)
    return [trace[number + 1][0] for number, layer in enumerate(case.network.layers[:-1]) if isinstance(layer, Linear)]


@pytest.mark.parametrize("case", cases.networks)
def test_a_network_has_as_many_parameters_as_its_layers_take(case: Case) -> None:
    used = reference.jacobian(lambda p: reference.values(case.network, p, case.points), case.parameters)
    assert case.network.size == sum(part.numel() for part in case.network.split(case.parameters)) == used.shape[-1]
    outputs = case.network.layers[-1].outputs
    assert (used[..., -outputs:] == torch.eye(outputs, dtype=torch.float64)).all()


def test_every_unit_has_its_centre_at_a_point() -> None:
    for z in pre_activations(started(3.0)):
        assert z.abs().amin(dim=0).max() < 1e-12


@pytest.mark.parametrize("scale", [0.5, 4.0])
def test_first_layer_units_vary_by_the_scale_and_deeper_ones_by_one(scale: float) -> None:
    first, second = (z.std(dim=0).square().mean().sqrt() for z in pre_activations(started(scale)))
    assert first == pytest.approx(scale, rel=0.1)
    # The inputs of the second layer are correlated, which leaves the mean of the variances what it is.
    assert second == pytest.approx(1.0, rel=0.1)


def test_each_input_may_have_a_scale_of_its_own() -> None:
    case = started((1.0, 5.0))
    weights, _ = case.network.layers[0].split(case.parameters[:case.network.layers[0].size])
    size = weights.square().mean(dim=0).sqrt() * case.network.input.push(case.points, VALUES)[0].std(dim=0) * math.sqrt(2)
    assert size.tolist() == pytest.approx([1.0, 5.0], rel=0.1)


def test_a_network_that_is_spread_gives_zero() -> None:
    case = started(2.0)
    assert (reference.values(case.network, case.parameters, case.points) == 0).all()


def test_the_generator_decides_where_units_are() -> None:
    assert torch.equal(started(2.0, seed=1).parameters, started(2.0, seed=1).parameters)
    assert not torch.equal(started(2.0, seed=1).parameters, started(2.0, seed=2).parameters)


def test_an_input_that_does_not_vary_keeps_the_weights_finite() -> None:
    points = torch.cat([torch.rand(50, 1, generator=cases.generator(), dtype=torch.float64), torch.zeros(50, 1, dtype=torch.float64)], dim=1)
    network = Network.dense(cases.plain_embedding(2), (5,), 1, "sin")
    assert torch.isfinite(spread(network, points, 1.0, cases.generator())).all()


@pytest.mark.parametrize("kind", cases.activations)
def test_a_layer_leaves_the_jet_it_is_given_as_it_was(kind: str) -> None:
    case = cases.dense(2, kind)
    spec = cases.spec_for(case)
    _, trace = case.network.push(case.parameters, case.points, spec)
    kept = [jet.clone() for jet in trace]
    jet, again = case.network.push(case.parameters, case.points, spec)
    case.network.rows(case.parameters, trace, torch.ones_like(jet)[None], spec)
    for before, after, anew in zip(kept, trace, again):
        assert_same(after, before, 0.0)
        assert_same(anew, before, 0.0)

"""Jets through networks are nested autograd, and their adjoints and tangents those of autograd."""

from __future__ import annotations

import cases
import pytest
import reference
import torch
from cases import Case, normal
from reference import assert_same

from pinnaux.jets.activations import pull, push, tangent
from pinnaux.jets.layers import Activation, Linear, Scale
from pinnaux.jets.spec import JetSpec, faa_di_bruno, set_partitions


@pytest.mark.parametrize("device", cases.devices)
@pytest.mark.parametrize("dtype", cases.dtypes)
@pytest.mark.parametrize("kind", cases.activations)
@pytest.mark.parametrize("spec", cases.specs)
def test_a_jet_agrees_with_nested_autograd(spec: JetSpec, kind: str, dtype: torch.dtype, device: str) -> None:
    case = cases.dense(spec.dimension, kind).to(device, dtype)
    expected = reference.network_jet(case.network, case.parameters.double(), case.points.double(), spec)
    found, _ = case.network.push(case.parameters, case.points, spec)
    assert found.dtype == dtype and found.device.type == device
    assert_same(found.double(), expected.detach(), cases.tolerances[dtype])


@pytest.mark.parametrize("case", cases.networks)
def test_a_jet_through_every_kind_of_network_agrees_with_nested_autograd(case: Case) -> None:
    spec = cases.spec_for(case, 3)
    found, _ = case.network.push(case.parameters, case.points, spec)
    assert_same(found, reference.network_jet(case.network, case.parameters, case.points, spec).detach(), 1e-12)


@pytest.mark.parametrize("kind", cases.activations)
@pytest.mark.parametrize("form", [(1.0, 1.0, 1.0), (1.0, -4.0, 0.0), (0.0, 0.0, 2.5)])
def test_a_collapsed_channel_is_the_sum_of_its_parts(kind: str, form: tuple[float, ...]) -> None:
    case = cases.dense(3, kind)
    apart = JetSpec.closure(3, [(2, 0, 0), (0, 2, 0), (0, 0, 2)])
    together = JetSpec.closure(3, [], [form])
    parts, _ = case.network.push(case.parameters, case.points, apart)
    whole, _ = case.network.push(case.parameters, case.points, together)
    expected = sum(c * parts[apart.position[tuple(2 if i == axis else 0 for i in range(3))]] for axis, c in enumerate(form))
    assert_same(whole[together.form_position(form)], expected, 1e-13)


@pytest.mark.parametrize("case", cases.networks)
def test_rows_are_the_gradients_of_every_component_at_every_point(case: Case) -> None:
    spec = cases.spec_for(case)
    jet, trace = case.network.push(case.parameters, case.points, spec)
    adjoint = normal(3, *jet.shape, seed=8)

    def weighed(parameters: torch.Tensor) -> torch.Tensor:
        return torch.einsum("mkno,kno->mn", adjoint, reference.network_jet(case.network, parameters, case.points, spec))

    assert_same(case.network.rows(case.parameters, trace, adjoint, spec), reference.jacobian(weighed, case.parameters), 1e-12)


@pytest.mark.parametrize("case", cases.networks)
def test_a_tangent_is_the_derivative_along_a_direction_in_parameters(case: Case) -> None:
    spec, direction = cases.spec_for(case, 3), normal(case.network.size, seed=9)
    expected = reference.derivative_along(
        lambda parameters: reference.network_jet(case.network, parameters, case.points, spec), case.parameters, direction)
    assert_same(case.network.tangent(case.parameters, direction, case.points, spec), expected, 1e-12)


@pytest.mark.parametrize("case", cases.networks)
def test_rows_are_the_adjoint_of_the_tangent(case: Case) -> None:
    """Σ_i ⟨w_i, (J d)_i⟩ = ⟨Σ_i J_iᵀ w_i, d⟩."""
    spec, direction = cases.spec_for(case, 3), normal(case.network.size, seed=10)
    jet, trace = case.network.push(case.parameters, case.points, spec)
    adjoint = normal(1, *jet.shape, seed=11)
    along = case.network.tangent(case.parameters, direction, case.points, spec)
    assert_same((case.network.rows(case.parameters, trace, adjoint, spec)[0] @ direction).sum(), (adjoint[0] * along).sum(), 1e-12, 0)


@pytest.mark.parametrize("spec", cases.specs)
@pytest.mark.parametrize("layer", [Activation(kind) for kind in cases.activations] + [Linear(4, 3), Scale((1e-6, 2.0, 1.0, 1e3))], ids=str)
def test_pull_is_the_adjoint_of_the_tangent_of_a_layer(layer: Activation | Linear | Scale, spec: JetSpec) -> None:
    jet, rate = normal(len(spec), 5, 4, seed=12), normal(len(spec), 5, 4, seed=13)
    parameters = normal(layer.size, seed=14)
    along = layer.tangent(parameters, torch.zeros_like(parameters), jet, rate, spec)
    adjoint = normal(2, *along.shape, seed=15)
    pulled = layer.pull(parameters, jet, adjoint, spec)
    assert_same((pulled * rate).sum(dim=(1, 2, 3)), (adjoint * along).sum(dim=(1, 2, 3)), 1e-11, 0)


@pytest.mark.parametrize("spec", cases.specs)
@pytest.mark.parametrize("kind", cases.activations)
def test_the_derivatives_of_a_push_are_checked_by_differences(kind: str, spec: JetSpec) -> None:
    shape, step = (len(spec), 2, 2), 1e-5
    z, adjoint, rate = 0.5 * normal(*shape, seed=16), normal(*shape, seed=17), normal(*shape, seed=18)
    difference = (push(kind, z + step * rate, spec) - push(kind, z - step * rate, spec)) / (2 * step)
    assert_same(tangent(kind, z, rate, spec), difference, 1e-7)
    assert_same((pull(kind, z, adjoint, spec) * rate).sum(), (adjoint * difference).sum(), 1e-6, 0)


@pytest.mark.parametrize("order", range(1, 8))
def test_partitions_are_counted_by_bell_and_stirling_numbers(order: int) -> None:
    partitions = list(set_partitions(list(range(order))))
    assert len({frozenset(map(frozenset, partition)) for partition in partitions}) == len(partitions) == reference.bell(order)
    for blocks in range(1, order + 1):
        assert sum(1 for partition in partitions if len(partition) == blocks) == reference.stirling(order, blocks)


@pytest.mark.parametrize("index", [(1,), (4,), (6,), (1, 1), (2, 1), (2, 2), (1, 1, 1), (3, 0, 2), (1, 1, 1, 1)])
def test_terms_of_a_derivative_stand_for_all_partitions_and_are_told_apart(index: tuple[int, ...]) -> None:
    order = sum(index)
    spec = JetSpec.closure(len(index), [index])
    terms = list(faa_di_bruno(index, spec.position))
    assert len({term.blocks for term in terms}) == len(terms)
    for blocks in range(1, order + 1):
        assert sum(term.coefficient for term in terms if term.order == blocks) == reference.stirling(order, blocks)
    for term in terms:
        assert len(term.blocks) == term.order
        assert tuple(map(sum, zip(*(spec.indices[block] for block in term.blocks)))) == index


@pytest.mark.parametrize("spec", cases.specs)
def test_a_specification_is_closed_downwards(spec: JetSpec) -> None:
    channels = set(spec.indices)
    below = {tuple(order - (i == axis) for i, order in enumerate(index)) for index in channels for axis in range(spec.dimension) if index[axis]}
    assert below <= channels
    assert {axis for form in spec.forms for axis, c in enumerate(form) if c} <= {index.index(1) for index in channels if sum(index) == 1}


@pytest.mark.parametrize("spec", cases.specs)
def test_closing_a_specification_again_changes_nothing(spec: JetSpec) -> None:
    assert JetSpec.closure(spec.dimension, reversed(spec.indices), spec.forms * 2) == spec


@pytest.mark.parametrize("spec", cases.specs)
def test_channels_come_by_degree_the_value_first_and_forms_last(spec: JetSpec) -> None:
    degrees = [sum(index) for index in spec.indices]
    assert degrees == sorted(degrees) and degrees[0] == 0
    assert degrees[1:1 + spec.first] == [1] * spec.first and degrees.count(1) == spec.first
    positions = [spec.position[index] for index in spec.indices] + [spec.form_position(form) for form in spec.forms]
    assert positions == list(range(len(spec)))
    assert spec.order == max([*degrees, *(2 for _ in spec.forms)])


def test_the_smallest_closed_specification_is_found() -> None:
    assert set(JetSpec.closure(2, [(2, 1)]).indices) == {(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (2, 1)}
    assert set(JetSpec.closure(3, [], [(1.0, 0.0, 1.0)]).indices) == {(0, 0, 0), (1, 0, 0), (0, 0, 1)}

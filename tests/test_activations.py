"""Activations: their derivatives of any order, in the middle and in the tails."""

from __future__ import annotations

import cases
import pytest
import reference
import torch
from reference import assert_same

from pinnaux.jets.activations import activation_derivatives

middle = torch.linspace(-4, 4, 41, dtype=torch.float64)


@pytest.mark.parametrize("kind", cases.activations)
def test_derivatives_agree_with_nested_autograd(kind: str) -> None:
    z = middle.clone().requires_grad_()
    expected = [reference.PLAIN_ACTIVATIONS[kind](z)]
    for _ in range(5):
        expected.append(reference.slope(expected[-1], z))
    assert_same(torch.stack(activation_derivatives(kind, middle, 5)), torch.stack(expected).detach(), 1e-12)


@pytest.mark.parametrize("kind", cases.activations)
def test_asking_for_fewer_derivatives_gives_the_same_ones(kind: str) -> None:
    every = activation_derivatives(kind, middle, 5)
    for order in range(5):
        assert_same(torch.stack(activation_derivatives(kind, middle, order)), torch.stack(every[:order + 1]), 1e-15)


@pytest.mark.parametrize("kind", cases.activations)
def test_the_argument_is_left_as_it_was(kind: str) -> None:
    z = middle.clone()
    activation_derivatives(kind, z, 4)
    assert torch.equal(z, middle)


@pytest.mark.parametrize("kind", cases.activations)
def test_tails_are_finite(kind: str) -> None:
    z = torch.tensor([-800.0, -40.0, 40.0, 800.0], dtype=torch.float64)
    assert all(torch.isfinite(derivative).all() for derivative in activation_derivatives(kind, z, 4))


def test_softplus_is_exact_far_out_too() -> None:
    z = torch.tensor([-30.0, 15.0, 20.5, 25.0, 35.0], dtype=torch.float64)
    assert torch.allclose(activation_derivatives("softplus", z, 1)[0], torch.logaddexp(z, torch.zeros_like(z)), rtol=1e-15, atol=0)


@pytest.mark.parametrize("kind", cases.activations)
def test_a_value_that_is_known_gives_the_same_derivatives(kind: str) -> None:
    expected = torch.stack(activation_derivatives(kind, middle, 4))
    value = expected[0].clone()
    found = activation_derivatives(kind, middle, 4, value)
    assert_same(torch.stack(found), expected, 1e-15)

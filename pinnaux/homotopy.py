"""Continuation for strongly nonlinear problems: what is nonlinear in the formulas is switched on step by step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pinnaux.objective import Program
from pinnaux.surroundings import Surroundings


@dataclass(frozen=True, eq=False)
class Partly:
    """a + s·(r − a) for residuals r and their linearisation a at the zero functions: s = 0 is linear, s = 1 the problem.

    In the equations of a flow this is continuation in the Reynolds number, from slow flow on; a convex homotopy in the sense of
    Allgower & Georg, Introduction to numerical continuation methods (2003), with an easy problem made from the formulas themselves.
    """

    program: Program
    share: float

    def __call__(self, jets: list[Tensor], numbers: Tensor, surroundings: Surroundings) -> Tensor:
        """Jets (K, N, unknowns) a group, numbers (n, N) → residuals (m, N)."""
        linear = _linear_part(self.program, jets, numbers, surroundings)
        if not self.share:
            return linear
        return linear + self.share * (self.program(jets, numbers, surroundings) - linear)


def _linear_part(program: Program, jets: list[Tensor], numbers: Tensor, surroundings: Surroundings) -> Tensor:
    """r(0) + r'(0)·jets (m, N): the derivative along the jets from the pull-back w ↦ r'(0)ᵀ w, which is linear in w."""
    with torch.enable_grad():
        zeros = [torch.zeros_like(jet, requires_grad=True) for jet in jets]
        at_zero = program(zeros, numbers, surroundings)
        if not at_zero.requires_grad:
            return at_zero
        weights = torch.zeros_like(at_zero, requires_grad=True)
        pulled = torch.autograd.grad(at_zero, zeros, weights, create_graph=True, materialize_grads=True)
        seen = [(own, jet) for own, jet in zip(pulled, jets) if own.requires_grad]
    # A graph through the jets is built only for a caller that differentiates by them.
    followed = any(jet.requires_grad for jet in jets)
    slope = torch.autograd.grad([own for own, _ in seen], weights, [jet for _, jet in seen], create_graph=followed,
                                materialize_grads=True)[0] if seen else torch.zeros_like(at_zero)
    return at_zero.detach() + slope

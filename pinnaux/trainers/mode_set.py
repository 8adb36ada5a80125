"""Modes found in the span of one ansatz, and how far two independent sets of them differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz, Candidate, Trial
from pinnaux.geometry.quadrature import region_nodes
from pinnaux.jets.layers import Linear
from pinnaux.jets.spec import JetSpec
from pinnaux.linalg import positive
from pinnaux.modes import endings
from pinnaux.problem import Problem
from pinnaux.trainers.inverse import Eigenpairs
from pinnaux.trainers.pencil import Pencil
from pinnaux.trainers.spectrum import RESOLVED, Wanted

NORM_NODES, NORM_CHUNK = 2**14, 2**12
TOGETHER = 10.0
"""Eigenvalues closer than so many times their error share one space of functions."""
SMALL = 1e-3
"""An eigenvalue smaller than this share of its distance from the shift has no relative error of its own: it may be zero."""
SAME = 1e-8
SURE, TRACE = 1e-2, 5e-2
"""The residual of a mode that is there without doubt, and how far off its eigenvalue may be where it is known badly."""


@dataclass(frozen=True, eq=False)
class ModeSet:
    """Modes in the order wanted, those asked for first, `count` of them, then some more: eigenvalues (m,), coefficients (P, m), both real.

    `residuals` (m,) are relative, on points held out; `scales` (m,) are what errors of the eigenvalues are relative to, and
    `imaginary` (m,) is what was left out of complex eigenvalues, relative likewise.
    """

    pencil: Pencil
    trial: Trial
    ansatz: Ansatz
    values: Tensor
    coefficients: Tensor
    residuals: Tensor
    scales: Tensor
    imaginary: Tensor

    @property
    def problem(self) -> Problem:
        return self.pencil.problem

    @property
    def count(self) -> int:
        return self.problem.modes

    @cached_property
    def score(self) -> float:
        """The largest residual of the modes asked for."""
        return torch.maximum(self.residuals, self.imaginary)[: self.count].max().item()

    def better_than(self, other: ModeSet) -> bool:
        """Whether these modes are nearer to those asked for: none is missing that the others have, and their residuals are smaller."""
        missing = self.misses(other)
        return other.misses(self) if missing != other.misses(self) else self.score < other.score

    def misses(self, other: ModeSet) -> bool:
        """Whether the other set has a mode asked for, without doubt, of whose eigenvalue there is no trace here."""
        sure = other.residuals[: other.count] < SURE
        return bool((other.gaps(self) > TRACE * other.scales[: other.count])[sure].any())

    def functions(self, points: Tensor) -> Tensor:
        """(m, N · unknowns): every mode's values at points (N, d) of the domain, all unknowns one after another."""
        ansatz, theta = stacked(self.ansatz, self.coefficients)
        count, found = self.coefficients.shape[1], []
        for number, (group, own) in enumerate(zip(ansatz.groups, ansatz.split(theta))):
            columns = points[:, self.pencil.collocation.axes(number)]
            parts = [group.push(own, part, JetSpec.closure(columns.shape[1], []))[0][0] for part in columns.split(NORM_CHUNK)]
            found.append(torch.cat(parts).view(len(points), count, -1).permute(1, 2, 0).flatten(1))
        return torch.cat(found, dim=1)

    @cached_property
    def sampled(self) -> Tensor:
        """`functions` at the nodes of a quadrature rule, the same for all sets, times the roots of its weights: sums of squares are integrals."""
        collocation = self.pencil.collocation
        nodes = region_nodes(self.problem.domain.interior, NORM_NODES)
        values = self.functions(collocation.tensor(nodes.points.coordinates))
        roots = collocation.tensor(np.sqrt(nodes.weights))
        return (values.view(len(values), -1, len(roots)) * roots).flatten(1)

    @cached_property
    def turned(self) -> Tensor:
        """`sampled` of i times the functions, all complex: of a + ib, −b + ia."""
        order = [unknown.name for group in self.pencil.collocation.plan.groups for unknown in group]
        blocks = self.sampled.view(len(self.values), len(order), -1)
        turned = torch.empty_like(blocks)
        for field in self.problem.fields:
            parts = [order.index(one.name) for one in field.unknowns]
            real, imaginary = parts[: len(parts) // 2], parts[len(parts) // 2:]
            turned[:, real], turned[:, imaginary] = -blocks[:, imaginary], blocks[:, real]
        return turned.flatten(1)

    def space(self, chosen: Tensor | list[int]) -> Tensor:
        """Functions that span the space of the chosen modes: with complex ones all their multiples."""
        return torch.cat([self.sampled[chosen], self.turned[chosen]]) if self.problem.is_complex else self.sampled[chosen]

    def distinct(self) -> ModeSet:
        """Without complex modes that are multiples of others: with u, iu is another real function of the same eigenvalue."""
        if not self.problem.is_complex:
            return self
        kept: list[int] = []
        for number, own in enumerate(self.sampled):
            alike = [one for one in kept if abs(self.values[one] - self.values[number]) <= TRACE * self.scales[number]]
            if not alike or outside(own[None], self.space(alike)).norm() > own.norm() / 2:
                kept.append(number)
        return replace(self, values=self.values[kept], coefficients=self.coefficients[:, kept], residuals=self.residuals[kept],
                       scales=self.scales[kept], imaginary=self.imaginary[kept])

    def clusters(self, errors: Tensor) -> list[list[int]]:
        """The modes asked for, together where eigenvalues cannot be told apart, given the errors (count,) of these."""
        groups: list[list[int]] = []
        for number in self.values[: self.count].argsort().tolist():
            before = groups[-1][-1] if groups else number
            gap = (self.values[number] - self.values[before]).item()
            if groups and gap <= TOGETHER * max(errors[before].item(), errors[number].item()):
                groups[-1].append(number)
            else:
                groups.append([number])
        return groups

    def gaps(self, other: ModeSet) -> Tensor:
        """How far the eigenvalues (count,) are from the nearest of another set."""
        return (self.values[: self.count, None] - other.values).abs().min(dim=1)[0]

    def difference(self, other: ModeSet) -> tuple[Tensor, Tensor]:
        """By how much the eigenvalues (count,) differ from the nearest of an independent set, and the functions (count,), relative to them.

        Of functions it is the part outside the space spanned by those of the other set with the same eigenvalues, so far as known. By
        chance eigenvalues may agree better than they are known: relative to its scale none counts as better known than its function.
        """
        gaps = (self.values[: self.count, None] - other.values).abs()
        scales = self.scales[: self.count]
        errors = self.gaps(other) + SAME * scales
        functions = torch.ones_like(errors)
        for cluster in self.clusters(errors):
            alike = (gaps[cluster] <= TOGETHER * errors[cluster].max()).any(dim=0)
            own = self.sampled[cluster]
            functions[cluster] = outside(own, other.space(alike)).norm(dim=1) / own.norm(dim=1)
        return torch.maximum(self.gaps(other), functions * scales), functions

    def scaled(self, errors: Tensor) -> Tensor:
        """Coefficients (P, count) of the modes asked for, with ∫ |u|² = 1, orthogonal where they share an eigenvalue, largest where positive."""
        scaled = self.coefficients[:, : self.count].clone()
        for cluster in self.clusters(errors):
            values, triangle = torch.linalg.qr(self.sampled[cluster].T)
            scaled[:, cluster] = torch.linalg.solve_triangular(triangle, scaled[:, cluster], upper=True, left=False)
            largest = values.gather(0, values.abs().argmax(dim=0, keepdim=True))[0]
            scaled[:, cluster] *= torch.where(largest < 0, -1.0, 1.0)
        return scaled

    def candidate(self, values: Tensor | None = None, functions: Tensor | None = None, reliable: bool = False) -> Candidate:
        """The modes asked for as a trial solution of the unfolded problem, with the errors (count,) of eigenvalues and functions where known."""
        scales = self.scales[: self.count]
        ansatz, theta = stacked(self.ansatz, self.scaled(SAME * scales if values is None else values + SAME * scales))
        groups = tuple(replace(group, unknowns=self._names(group.unknowns)) for group in ansatz.groups)
        estimate = {} if values is None else self._named(values / scales, functions)
        return Candidate(Ansatz(groups, self.count), torch.cat([theta, self.values[: self.count]]), self.score, estimate, reliable, trial=self.trial)

    def _names(self, unknowns: Sequence[str]) -> tuple[str, ...]:
        return tuple(name + ending for ending in endings(self.problem) for name in unknowns)

    def _named(self, values: Tensor, functions: Tensor) -> dict[str, float]:
        """Relative errors by the names of the unfolded problem's fields and eigenvalues."""
        found = {field.name + ending: error for ending, error in zip(endings(self.problem), functions.tolist()) for field in self.problem.fields}
        return found | {self.problem.eigenvalue.name + ending: error for ending, error in zip(endings(self.problem), values.tolist())}


def outside(functions: Tensor, others: Tensor) -> Tensor:
    """What of functions (m, N) is outside the span of others (n, N)."""
    basis = torch.linalg.qr(others.T)[0]
    return functions - (functions @ basis) @ basis.T


@dataclass(frozen=True, eq=False)
class Judged:
    """Eigenpairs in the span of an ansatz with their residuals (m,), |A u − λ B u| relative to |λ B u| or |(λ − σ) B u|, on points held out."""

    pencil: Pencil
    ansatz: Ansatz
    pairs: Eigenpairs
    residuals: Tensor
    shift: float

    @staticmethod
    def of(pencil: Pencil, ansatz: Ansatz, pairs: Eigenpairs, shift: float) -> Judged:
        residual, size = pencil.sizes(ansatz, pairs.vectors, pairs.values)
        scale = torch.maximum(pairs.values.abs(), (pairs.values - shift).abs())
        return Judged(pencil, ansatz, pairs, residual / positive(scale * size), shift)

    @property
    def values(self) -> Tensor:
        """The real parts (m,) of the eigenvalues."""
        return self.pairs.values.real

    def modes(self, trial: Trial, wanted: Wanted, most: int) -> ModeSet:
        """The real modes, those resolved first; of a complex pair the real and the imaginary part."""
        order = wanted.order(self.values)
        order = order[(self.residuals[order] >= RESOLVED).to(torch.uint8).argsort(stable=True)][:most]
        chosen, vectors = self.pairs.values[order], self.pairs.vectors[:, order]
        distances = (chosen - self.shift).abs()
        scales = torch.where(chosen.abs() > SMALL * distances, chosen.abs(), distances)
        coefficients = torch.where(chosen.imag < 0, vectors.imag, vectors.real)
        return ModeSet(self.pencil, trial, self.ansatz, chosen.real, coefficients, self.residuals[order], scales, chosen.imag.abs() / scales).distinct()


def stacked(ansatz: Ansatz, coefficients: Tensor) -> tuple[Ansatz, Tensor]:
    """One ansatz whose groups have the unknowns of the given one once for every column of the coefficients (P, m), and its θ."""
    count, groups, thetas, start = coefficients.shape[1], [], [], 0
    for group in ansatz.groups:
        branches = []
        for branch in group.branches:
            last = branch.network.layers[-1]
            weights = coefficients[start:start + branch.size].T
            split = last.outputs * last.inputs  # of every column: the weights, then the biases
            thetas += [weights[:, :split].flatten(), weights[:, split:].flatten()]
            wider = replace(branch.network, layers=(*branch.network.layers[:-1], Linear(last.inputs, count * last.outputs)))
            branches.append(replace(branch, network=wider))
            start += branch.size
        groups.append(replace(group, unknowns=group.unknowns * count, branches=tuple(branches)))
    return Ansatz(tuple(groups)), torch.cat(thetas)

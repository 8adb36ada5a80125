"""An evolution solved window after window, each by closed-form Newton steps in features of space times polynomials of time.

The windows' lengths and the features follow the solution, as the steps of an integrator do: a window whose residual on held-out
points is too large is refused and solved shorter (where its highest polynomials still matter) or with more features. The whole march
is repeated with other features and a tenth of the tolerance; what changes is the error of the march before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz, Candidate, Group, Pieces
from pinnaux.collocation import Collocation, Purpose
from pinnaux.evolution import Evolution
from pinnaux.jets.spec import JetSpec
from pinnaux.linalg import positive
from pinnaux.objective import Objective, balanced_weights
from pinnaux.trainers.basis import BENT, Basis, chosen, constant_in_time, drawn, expanded
from pinnaux.trainers.closed_form import gauss_newton
from pinnaux.trainers.held_out import HeldOut
from pinnaux.trainers.window import Window

WINDOW_POINTS, WINDOW_HELD, START_STATE, TAIL_POINTS = 43, 44, 45, 46
SAFETY = 0.9
LEAST_SHRINKING, MOST_SHRINKING = 0.7, 0.2
AMPLE = 0.1
HELPED = 0.5
MOST_VAIN = 4
"""Shorter windows in a row that were hardly better: what is wrong is the state they start from."""
MOST_RETURNS = 8
SLOWER = 0.8
"""Every other march, windows grow by this power of their growth."""
ROUNDING = 1e-12
"""A window shorter than this share of the time it begins at has no moments of its own any more."""


@dataclass(frozen=True, eq=False)
class Chain:
    """The windows solved so far: their edges, and a candidate each; the largest relative residual on held-out points."""

    edges: tuple[float, ...]
    pieces: tuple[Candidate, ...] = ()
    worst: float = 0.0

    @property
    def end(self) -> float:
        return self.edges[-1]

    def ansatz(self) -> Ansatz:
        """The whole chain as one function in pieces, nothing free."""
        groups = []
        for number, group in enumerate(self.pieces[0].ansatz.groups):
            parts = tuple(piece.ansatz.groups[number] for piece in self.pieces)
            thetas = tuple(piece.ansatz.split(piece.theta)[number] for piece in self.pieces)
            groups.append(Group(group.unknowns, group.coordinates, (Pieces(self.edges, parts, thetas),)))
        return Ansatz(tuple(groups))


@dataclass(frozen=True)
class Refusal:
    """A window refused: its length and score, whether it was to be shortened (or to get more features) next, and how often that was vain."""

    length: float
    score: float
    shorten: bool
    vain: int = 0


@dataclass(frozen=True, eq=False)
class March:
    """A march under way: the relative residual allowed over the whole duration, the chain, the next window's length and basis."""

    tolerance: float
    chain: Chain
    length: float
    level: int = 0
    refusal: Refusal | None = None
    rounds: int = 0
    tries: int = 0
    stuck: bool = False
    message: str = ""
    returns: int = 0
    states: tuple[tuple[Candidate, float], ...] = ()


@dataclass(frozen=True, eq=False)
class Marching:
    """The rule of a march: `begin`, then `advance` until the chain reaches the last moment or is stuck."""

    collocation: Collocation
    evolution: Evolution

    @property
    def duration(self) -> tuple[float, float]:
        return self.collocation.plan.problem.domain.time.bounds

    @property
    def degree(self) -> int:
        settings = self.collocation.plan.settings
        return settings.window_degree if self.collocation.plan.problem.domain.space else settings.moment_degree

    def begin(self, tolerance: float, before: March | None = None) -> March:
        """At the first moment; a later round begins with the first window's length of the round before."""
        settings = self.collocation.plan.settings
        first, last = self.duration
        length = before.chain.edges[1] - first if before else settings.first_window * (last - first)
        return March(tolerance, Chain((first,)), length, rounds=before.rounds + 1 if before else 0)

    def finished(self, march: March) -> bool:
        return march.chain.end >= self.duration[1]

    def advance(self, march: March) -> March:
        """One window, kept or refused."""
        settings = self.collocation.plan.settings
        first, last = self.duration
        start = march.chain.end
        left = last - start
        # The last window is never a sliver: what is left is divided evenly.
        end = last if march.length > 0.99 * left else start + min(march.length, max(left / 2, 0.6 * march.length))
        window = Window(self.collocation, self.evolution, start, end, march.chain.pieces[-1] if march.chain.pieces else None)
        count = 1000 * march.rounds + march.tries
        march = replace(march, tries=march.tries + 1)
        allowed = march.tolerance * max((end - start) / (last - first), settings.least_share)
        states = march.states or ((self._state(window, count), start),)
        basis = chosen(window, settings.window_units[march.level], states, count)
        if basis.bent:
            window = replace(window, state=states[-1])
        march = replace(march, states=states)
        candidate, tail = self._solve(window, basis, count)
        march = replace(march, message=f"from {start:.4g} to {end:.4g}{basis.label}: {candidate.score:.1e}")
        if candidate.score <= allowed:
            return self._kept(march, candidate, end, allowed)
        return self._refused(march, candidate, end, tail, allowed)

    def _kept(self, march: March, candidate: Candidate, end: float, allowed: float) -> March:
        """What was far better than asked for is followed by a longer window, or one with fewer features."""
        settings = self.collocation.plan.settings
        chain = Chain((*march.chain.edges, end), (*march.chain.pieces, candidate), max(march.chain.worst, candidate.score))
        # Without space there are no features to be others: it is other windows that tell two marches apart.
        growth = settings.window_growth ** (SLOWER if march.rounds % 2 and not self.collocation.plan.problem.domain.space else 1.0)
        length = (end - march.chain.end) * (growth if candidate.score < AMPLE * allowed else 1.0)
        level = march.level - 1 if march.level and candidate.score < AMPLE**3 * allowed else march.level
        return replace(march, chain=chain, length=length, level=level, refusal=None, states=((candidate, end),))

    def _refused(self, march: March, candidate: Candidate, end: float, tail: float, allowed: float) -> March:
        """Shorter, or with more features; what did not help the last time is followed by the other."""
        settings, length = self.collocation.plan.settings, end - march.chain.end
        march = replace(march, message=march.message + ", refused")
        # What cannot begin, as from conditions that contradict each other at first, costs more the longer it is tried.
        if self.collocation.plan.problem.domain.space and not march.chain.pieces and march.tries >= settings.first_refusals:
            return replace(march, stuck=True)
        if march.refusal is None:
            shorten = tail > allowed
        elif march.refusal.shorten:
            shorten = candidate.score < march.refusal.score * (length / march.refusal.length) ** 2
        else:
            shorten = candidate.score > HELPED * march.refusal.score
        if march.level + 1 == len(settings.window_units) or not self.collocation.plan.problem.domain.space:
            shorten = True
        vain = march.refusal.vain + 1 if march.refusal and march.refusal.shorten and candidate.score > HELPED * march.refusal.score else 0
        if shorten and vain >= MOST_VAIN and march.chain.pieces and march.returns < MOST_RETURNS:
            return _returned(march)
        refusal = Refusal(length, candidate.score, shorten, vain)
        states = (*march.states[:1], *(((candidate, end),) if candidate.score < settings.worth_following else ()))
        if not shorten:
            longest = max(length, march.refusal.length if march.refusal else length)
            return replace(march, level=march.level + 1, length=longest, refusal=refusal, states=states)
        ratio = (allowed / candidate.score) ** (1 / self.degree)
        shorter = length * min(LEAST_SHRINKING, max(MOST_SHRINKING, SAFETY * ratio))
        shortest = settings.shortest_window if self.collocation.plan.problem.domain.space else settings.shortest_moment
        stuck = shorter < max(shortest * (self.duration[1] - self.duration[0]), ROUNDING * abs(march.chain.end))
        return replace(march, length=shorter, refusal=refusal, stuck=stuck, states=states)

    def _solve(self, window: Window, basis: Basis, count: int) -> tuple[Candidate, float]:
        """The window's solution, its score relative to that of zero, and the relative size of the polynomials of time left out."""
        settings, plan = self.collocation.plan.settings, self.collocation.plan
        ansatz = expanded(window, basis, self.degree)
        interior = int(settings.window_sampling * plan.interior_points(ansatz.size))
        theta = self._start(window, basis, interior, count)
        blocks = window.blocks(interior, Purpose(settings.seed, WINDOW_POINTS, count))
        objective = Objective.unweighted(ansatz, blocks)
        objective = replace(objective, weights=balanced_weights(objective, theta))
        theta = gauss_newton(objective, theta, settings.newton_steps, settings.regularisation, memory=settings.memory).theta
        judge = HeldOut(window.blocks(settings.held_out_points, Purpose(settings.seed, WINDOW_HELD, count)), objective.weights)
        score = judge.score(ansatz, theta) / max(_size_of_zero(judge, ansatz, theta), 1e-300)
        return Candidate(ansatz, theta, score), self._tail(window, ansatz, theta, count)

    def _start(self, window: Window, basis: Basis, interior: int, count: int) -> Tensor:
        """θ of the state at the start, going on as it began."""
        settings = self.collocation.plan.settings
        lowest = max(0, max(order for _, order in self.evolution.orders) - 1)
        small = expanded(window, basis, lowest)
        blocks = window.starting(interior, Purpose(settings.seed, WINDOW_POINTS, count))
        zero = torch.zeros(small.size, dtype=self.collocation.dtype, device=self.collocation.device)
        objective = Objective.unweighted(small, blocks)
        objective = replace(objective, weights=balanced_weights(objective, zero))
        theta = gauss_newton(objective, zero, settings.newton_steps, settings.regularisation, memory=settings.memory).theta
        return constant_in_time(small, theta, lowest, self.degree)

    def _state(self, window: Window, count: int) -> Candidate:
        """The first state, from the initial conditions, in the features of space that satisfy them best on held-out points."""
        settings = self.collocation.plan.settings
        best, units = None, settings.window_units[len(settings.window_units) // 2]
        for kind, scale in settings.window_bases:
            if kind == BENT:  # there is no state yet to bend
                continue
            basis = drawn(window, kind, scale, units, None, window.start, count)
            interior = self.collocation.plan.interior_points(units)
            theta = self._start(window, basis, interior, count)
            ansatz = expanded(window, basis, self.degree)
            blocks = window.starting(interior, Purpose(settings.seed, START_STATE, count))
            score = Objective.unweighted(ansatz, blocks).residual(theta).norm().item()
            if best is None or score < best.score:
                best = Candidate(ansatz, theta, score)
        return best

    def _tail(self, window: Window, ansatz: Ansatz, theta: Tensor, count: int) -> float:
        """The relative size of what the next polynomial of time would add, the largest over the fields.

        Coefficients fall as a geometric series: c_(p+1) ≈ c_p min(1, c_p / c_(p−1)), at the window's end.
        """
        settings, worst = self.collocation.plan.settings, 0.0
        points = window.state_points(settings.held_out_points, window.end, Purpose(settings.seed, TAIL_POINTS, count))
        for number, (group, own) in enumerate(zip(ansatz.groups, ansatz.split(theta))):
            columns = self.collocation.axes(number)
            outputs, spec = len(group.unknowns), JetSpec.closure(len(columns), [])
            sizes = []
            for degree in (self.degree, self.degree - 1):
                part = torch.zeros_like(own)
                kept = own[: len(own) - outputs].view(outputs, -1, self.degree + 1)[:, :, degree]
                part[: len(own) - outputs].view(outputs, -1, self.degree + 1)[:, :, degree] = kept
                sizes.append(group.push(part, points[:, columns], spec)[0][0].norm(dim=0))
            whole = positive(group.push(own, points[:, columns], spec)[0][0].norm(dim=0).max())
            ratio = (sizes[0] / positive(sizes[1])).clamp_max(1.0)
            worst = max(worst, (sizes[0] * ratio / whole).max().item())
        return worst


def _returned(march: March) -> March:
    """Back before the last window, to solve it shorter: the state at its end is too inexact to go on from, as where it violates a constraint."""
    *edges, start, end = march.chain.edges
    pieces = march.chain.pieces[:-1]
    states = ((pieces[-1], start),) if pieces else ()
    return replace(march, chain=replace(march.chain, edges=(*edges, start), pieces=pieces), length=(end - start) / 2, level=0, refusal=None,
                   states=states, returns=march.returns + 1, message=march.message + ", back to the window before")


def _size_of_zero(judge: HeldOut, ansatz: Ansatz, theta: Tensor) -> float:
    """The score of the zero solution, without what is undefined there, as log u."""
    residual = Objective(ansatz, judge.blocks, judge.weights).residual(torch.zeros_like(theta))
    return torch.nan_to_num(residual, nan=0.0, posinf=0.0, neginf=0.0).norm().item()

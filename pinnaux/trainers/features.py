"""Stage 1: spread features and the output layer in closed form; kind and scale of the features chosen on held-out points.

First-layer features spread over the domain matter more than anything else (method: choose by a short trial). The search is a
list of trials, one a step: a pilot of every kind and scale, then the best of them with more features.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz, Candidate, Trial
from pinnaux.architecture import has_corners, on_top, random_start, start, wide
from pinnaux.balance import fair_weights
from pinnaux.collocation import Collocation, Purpose
from pinnaux.objective import Objective
from pinnaux.settings import Settings
from pinnaux.trainers.first_solution import RANDOM_START, solved_from_zero
from pinnaux.trainers.held_out import HeldOut, check_finite

FEATURES, FEATURE_POINTS, HELD_POINTS = 1, 2, 3
SEEN = 1e-6
"""The share of the residuals above which a nonlinearity at a solution is no rounding: its coefficients may be large and cancel."""


@dataclass(frozen=True, eq=False)
class Search:
    """Trials still to do, and the scores of those done; whether the domain has corners to try singular functions at."""

    waiting: tuple[Trial, ...]
    done: tuple[tuple[float, Trial], ...] = ()
    corners: bool = False

    @property
    def finished(self) -> bool:
        return not self.waiting

    @property
    def size(self) -> int:
        """The size of the trials done last."""
        return self.done[-1][1].size if self.done else 0

    def after(self, score: float, settings: Settings) -> Search:
        """The search with its first trial done; a round that begins without gaining is given up."""
        trial = self.waiting[0]
        done = (*self.done, (score, trial))
        best = min(value for value, _ in self.done) if self.done else float("inf")
        hopeless = trial.size > settings.pilot_features and self.size != trial.size and score > best / settings.hopeful
        return replace(self, waiting=() if hopeless else self.waiting[1:], done=done)

    def ranked(self, size: int) -> list[tuple[float, Trial]]:
        """The trials done at a size, best first."""
        return sorted((entry for entry in self.done if entry[1].size == size), key=lambda entry: entry[0])

    def chosen(self, size: int, settings: Settings) -> list[tuple[float, Trial]]:
        """The same without those that singular functions improve by less than the factor `sharper`: they cost and do not pay."""
        ranked = self.ranked(size)
        plain = min((score for score, trial in ranked if not trial.corners), default=float("inf"))
        return [(score, trial) for score, trial in ranked if not trial.corners or score * settings.sharper < plain]

    def larger(self, settings: Settings) -> Search:
        """The next round. After the pilot its winner again, with half the features (does their number matter?) and with singular
        functions at the corners (do they?); then, if it pays, with more and more features. Nothing is waiting once it does not.
        """
        pilot, half = settings.pilot_features, settings.pilot_features // 2
        sizes = (pilot, *settings.feature_sizes)
        score, winner = self.chosen(self.size if self.size in sizes else pilot, settings)[0]
        if self.size == pilot:
            singular = (replace(winner, corners=True),) if self.corners else ()
            return replace(self, waiting=(*singular, replace(winner, size=half)))
        following = next((size for size in sizes if size > self.size and size != pilot), None)
        if following is None or not self._pays(score, winner, settings):
            return self
        # More features resolve finer ones, so the best scale grows with their number: the next one takes part.
        chosen = [winner]
        if self.size == half or winner.scale > self.chosen(pilot, settings)[0][1].scale:
            chosen.append(replace(winner, scale=winner.scale * settings.finer))
        if self.size == half:
            others = [(value, trial) for value, trial in self.ranked(pilot) if trial.kind != winner.kind]
            chosen += [replace(trial, corners=winner.corners) for value, trial in others[:1] if value < settings.close * score]
        return replace(self, waiting=tuple(replace(trial, size=following) for trial in chosen))

    def _pays(self, score: float, winner: Trial, settings: Settings) -> bool:
        """Whether the last growth of the number of features lowered the score by enough to go on."""
        half = settings.pilot_features // 2
        if self.size == half:
            return winner.corners or self.ranked(half)[0][0] > settings.promising * score
        sizes = (settings.pilot_features, *settings.feature_sizes)
        return self.chosen(sizes[sizes.index(self.size) - 1], settings)[0][0] > settings.worthwhile * score


def pilot(collocation: Collocation) -> Search:
    """Every kind and scale at the pilot's size."""
    settings = collocation.plan.settings
    trials = tuple(Trial(kind, scale, settings.pilot_features) for kind, scale in settings.feature_trials)
    return Search(trials, corners=has_corners(collocation))


def held_out(collocation: Collocation) -> HeldOut:
    """Held-out points, weighted by the balance of the reference features at their solution."""
    settings = collocation.plan.settings
    ansatz, objective, zero = trial_problem(collocation, Trial(*settings.reference_trial, settings.pilot_features))
    theta = solved_from_zero(collocation, objective, zero, 2, settings.regularisation)
    check_finite(objective, theta)
    blocks = collocation.blocks(settings.held_out_points, Purpose(settings.seed, HELD_POINTS), held_out=True)
    judge = HeldOut.of(Objective.unweighted(ansatz, blocks), theta)
    linear = is_linear(collocation, objective, zero) and _is_affine(objective, zero, theta - zero, SEEN)
    return replace(judge.from_zero(ansatz, zero), linear=linear)


def is_linear(collocation: Collocation, objective: Objective, zero: Tensor, numbers: float = 0.1) -> bool:
    """Whether residuals are affine in the unknowns and numbers, along random functions of size one and numbers that differ by as much."""
    step = random_start(objective.ansatz, collocation, Purpose(collocation.plan.settings.seed, RANDOM_START)) - zero
    step[step.numel() - objective.ansatz.numbers:] = numbers
    return _is_affine(objective, zero, step)


def _is_affine(objective: Objective, zero: Tensor, step: Tensor, tolerance: float = 1e-9) -> bool:
    """r(θ₀ + 2d) − 2 r(θ₀ + d) + r(θ₀) = 0 for a step d.

    Size one may be tiny for the unknown, and its nonlinearity lost in rounding: a step of the solution's own size tells more.
    """
    at_zero, once, twice = (objective.residual(zero + length * step) for length in (0.0, 1.0, 2.0))
    return bool((twice - 2 * once + at_zero).norm() <= tolerance * (twice.norm() + once.norm() + at_zero.norm()))


def solve_trial(collocation: Collocation, judge: HeldOut, trial: Trial, base: Candidate | None = None) -> Candidate:
    """The trial's output layer by least squares, added to `base` where given (a nonlinear problem starts near its solution)."""
    ansatz, objective, theta = trial_problem(collocation, trial, base)
    settings = collocation.plan.settings
    theta = solved_from_zero(collocation, objective, theta, 1 if judge.linear else settings.newton_steps, settings.regularisation)
    return Candidate(ansatz, theta, judge.score(ansatz, theta), trial=trial)


def trial_problem(collocation: Collocation, trial: Trial, base: Candidate | None = None) -> tuple[Ansatz, Objective, Tensor]:
    """The trial's ansatz, its balanced objective, and θ to start from."""
    plan = collocation.plan
    # The number of features is part of the purpose: more features are not the same ones and some more.
    ansatz = wide(collocation, trial.kind, trial.scale, trial.size, Purpose(plan.settings.seed, FEATURES, trial.size))
    theta = start(ansatz, collocation)
    if base:
        ansatz, theta = on_top(ansatz, theta, base)
    blocks = collocation.blocks(plan.interior_points(ansatz.size), Purpose(plan.settings.seed, FEATURE_POINTS, trial.size))
    objective = Objective.unweighted(ansatz, blocks)
    return ansatz, Objective(ansatz, blocks, fair_weights(objective, theta)), theta

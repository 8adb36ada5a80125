"""Stage 1: spread features and the output layer in closed form; kind and scale of the features chosen on held-out points.

First-layer features spread over the domain matter more than anything else (method: choose by a short trial). The search is a
list of trials, one a step: a pilot of every kind and scale, then the best of them with more features.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz
from pinnaux.architecture import constant_start, on_top, random_start, start, wide
from pinnaux.collocation import Collocation, Purpose
from pinnaux.objective import Objective, balanced_weights
from pinnaux.settings import Settings
from pinnaux.trainers.closed_form import gauss_newton
from pinnaux.trainers.held_out import HeldOut, check_finite
from pinnaux.ansatz import Candidate, Trial

FEATURES, FEATURE_POINTS, HELD_POINTS, RANDOM_START = 1, 2, 3, 4


@dataclass(frozen=True, eq=False)
class Search:
    """Trials still to do, the scores of those done, and whether a round of more than the pilot's size has just ended."""

    waiting: tuple[Trial, ...]
    done: tuple[tuple[float, Trial], ...] = ()

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
        return Search(() if hopeless else self.waiting[1:], done)

    def ranked(self, size: int) -> list[tuple[float, Trial]]:
        """The trials done at a size, best first."""
        return sorted((entry for entry in self.done if entry[1].size == size), key=lambda entry: entry[0])

    def larger(self, settings: Settings) -> Search:
        """The next round: the best trial with half the features, to see whether their number matters; if it does, with more.

        The same search, with nothing waiting, once more features no longer pay.
        """
        pilot, half = settings.pilot_features, settings.pilot_features // 2
        sizes = (pilot, *settings.feature_sizes)
        best = self.ranked(self.size if self.size in sizes else pilot)
        score, winner = best[0]
        if self.size == pilot:
            return replace(self, waiting=(replace(winner, size=half),))
        gain = self.ranked(half if self.size == half else sizes[sizes.index(self.size) - 1])[0][0] / max(score, 1e-300)
        following = next((size for size in sizes if size > self.size and size != pilot), None)
        if following is None or gain < (settings.promising if self.size == half else settings.worthwhile):
            return self
        # More features resolve finer ones, so the best scale grows with their number: the next one takes part.
        chosen = [winner]
        if self.size == half or winner.scale > self.ranked(pilot)[0][1].scale:
            chosen.append(replace(winner, scale=winner.scale * settings.finer))
        if self.size == half:
            others = [(value, trial) for value, trial in best if trial.kind != winner.kind]
            chosen += [trial for value, trial in others[:1] if value < settings.close * score]
        return replace(self, waiting=tuple(replace(trial, size=following) for trial in chosen))


def pilot(settings: Settings) -> Search:
    """Every kind and scale at the pilot's size."""
    return Search(tuple(Trial(kind, scale, settings.pilot_features) for kind, scale in settings.feature_trials))


def held_out(collocation: Collocation) -> HeldOut:
    """Held-out points, weighted by the balance of the reference features at their solution."""
    settings = collocation.plan.settings
    ansatz, objective, zero = _problem(collocation, Trial(*settings.reference_trial, settings.pilot_features))
    theta = _solve(collocation, objective, zero, 2)
    check_finite(objective, theta)
    blocks = collocation.blocks(settings.held_out_points, Purpose(settings.seed, HELD_POINTS), held_out=True)
    judge = HeldOut(blocks, balanced_weights(Objective.unweighted(ansatz, blocks), theta))
    return replace(judge, zero=judge.score(ansatz, zero))


def solve_trial(collocation: Collocation, judge: HeldOut, trial: Trial, base: Candidate | None = None) -> Candidate:
    """The trial's output layer by least squares, added to `base` where given (a nonlinear problem then starts near its solution)."""
    ansatz, objective, theta = _problem(collocation, trial, base)
    theta = _solve(collocation, objective, theta, collocation.plan.settings.newton_steps)
    return Candidate(ansatz, theta, judge.score(ansatz, theta), trial=trial)


def _solve(collocation: Collocation, objective: Objective, zero: Tensor, steps: int) -> Tensor:
    """From the zero solution; where nothing moves away from it (a degenerate equation such as div(|∇u|∇u) = f), from random functions.

    Where formulas are undefined at zero, as log u and the slope of √u are, from functions that are one as well.
    """
    settings = collocation.plan.settings
    best = gauss_newton(objective, zero, steps, settings.regularisation)
    before = _size(objective, zero)
    if _size(objective, best) < settings.moved * before:
        return best
    others = [random_start(objective.ansatz, collocation, Purpose(settings.seed, RANDOM_START)), constant_start(objective.ansatz, collocation)]
    for theta in others[: 1 if torch.isfinite(objective.jacobian(zero)[1]).all() else 2]:
        weighted = replace(objective, weights=balanced_weights(objective, theta))
        best = min(best, gauss_newton(weighted, theta, 3 * steps, settings.start_regularisation), key=lambda one: _size(objective, one))
    return best


def _size(objective: Objective, theta: Tensor) -> float:
    """|r|, infinite where a residual is undefined."""
    return torch.nan_to_num(objective.residual(theta).norm(), nan=float("inf")).item()


def _problem(collocation: Collocation, trial: Trial, base: Candidate | None = None) -> tuple[Ansatz, Objective, Tensor]:
    plan = collocation.plan
    # The number of features is part of the purpose: more features are not the same ones and some more.
    ansatz = wide(collocation, trial.kind, trial.scale, trial.size, Purpose(plan.settings.seed, FEATURES, trial.size))
    theta = start(ansatz, collocation)
    if base:
        ansatz, theta = on_top(ansatz, theta, base)
    blocks = collocation.blocks(plan.interior_points(ansatz.size), Purpose(plan.settings.seed, FEATURE_POINTS, trial.size))
    objective = Objective.unweighted(ansatz, blocks)
    return ansatz, Objective(ansatz, blocks, balanced_weights(objective, theta)), theta

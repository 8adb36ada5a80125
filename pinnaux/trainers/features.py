"""Stage 1: spread features and the output layer in closed form; kind and scale of the features chosen on held-out points.

First-layer features spread over the domain matter more than anything else (method: choose by a short trial). The search is a
list of trials, one a step: a pilot of every kind and scale, then the best of them with more features.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from pinnaux.ansatz import Ansatz
from pinnaux.architecture import start, wide
from pinnaux.collocation import Collocation, Purpose
from pinnaux.objective import Objective, balanced_weights
from pinnaux.settings import Settings
from pinnaux.trainers.closed_form import gauss_newton
from pinnaux.trainers.held_out import HeldOut, check_finite
from pinnaux.trainers.state import Candidate, Trial

FEATURES, FEATURE_POINTS, HELD_POINTS = 1, 2, 3


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

    def after(self, score: float) -> Search:
        """The search with its first trial done."""
        return Search(self.waiting[1:], (*self.done, (score, self.waiting[0])))

    def ranked(self, size: int) -> list[tuple[float, Trial]]:
        """The trials done at a size, best first."""
        return sorted((entry for entry in self.done if entry[1].size == size), key=lambda entry: entry[0])

    def larger(self, settings: Settings) -> Search:
        """The next round: the best trials of the last one with more features; none if more features no longer pay."""
        sizes = (settings.pilot_features, *settings.feature_sizes)
        position = sizes.index(self.size)
        if position + 1 == len(sizes):
            return self
        best = self.ranked(self.size)
        if position:
            previous = self.ranked(sizes[position - 1])
            if best[0][0] > settings.worthwhile * previous[0][0]:
                return self
        # More features resolve finer ones, so the best scale grows with their number: the next one takes part.
        score, winner = best[0]
        chosen = [winner, replace(winner, scale=winner.scale * settings.finer)]
        if not position:
            others = [(value, trial) for value, trial in best if trial.kind != winner.kind]
            chosen += [trial for value, trial in others[:1] if value < settings.close * score]
        return replace(self, waiting=tuple(replace(trial, size=sizes[position + 1]) for trial in chosen))


def pilot(settings: Settings) -> Search:
    """Every kind and scale at the pilot's size."""
    return Search(tuple(Trial(kind, scale, settings.pilot_features) for kind, scale in settings.feature_trials))


def held_out(collocation: Collocation) -> HeldOut:
    """Held-out points, weighted by the balance of the reference features at their solution."""
    settings = collocation.plan.settings
    ansatz, objective, theta = _problem(collocation, Trial(*settings.reference_trial, settings.pilot_features))
    check_finite(objective, theta)
    theta = gauss_newton(objective, theta, 2, settings.regularisation)
    blocks = collocation.blocks(settings.held_out_points, Purpose(settings.seed, HELD_POINTS))
    return HeldOut(blocks, balanced_weights(Objective.unweighted(ansatz, blocks), theta))


def solve_trial(collocation: Collocation, judge: HeldOut, trial: Trial) -> Candidate:
    """The trial's output layer by least squares, and its score."""
    settings = collocation.plan.settings
    ansatz, objective, theta = _problem(collocation, trial)
    theta = gauss_newton(objective, theta, settings.newton_steps, settings.regularisation)
    return Candidate(ansatz, theta, judge.score(ansatz, theta), trial=trial)


def _problem(collocation: Collocation, trial: Trial) -> tuple[Ansatz, Objective, Tensor]:
    plan = collocation.plan
    # The number of features is part of the purpose: more features are not the same ones and some more.
    ansatz = wide(collocation, trial.kind, trial.scale, trial.size, Purpose(plan.settings.seed, FEATURES, trial.size))
    theta = start(ansatz, collocation)
    blocks = collocation.blocks(plan.interior_points(ansatz.size), Purpose(plan.settings.seed, FEATURE_POINTS, trial.size))
    objective = Objective.unweighted(ansatz, blocks)
    return ansatz, Objective(ansatz, blocks, balanced_weights(objective, theta)), theta

"""The default trainer: features, then layers, then corrections, each only as far as the problem needs it.

The order is the same for every problem and nothing is tuned: a linear problem with a smooth solution is finished by features in
seconds; what they cannot resolve is trained by Levenberg–Marquardt and corrected, again and again while that pays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pinnaux.collocation import Collocation
from pinnaux.trainers.correction import correct
from pinnaux.trainers.deep import advance, begin
from pinnaux.trainers.features import Search, held_out, pilot, solve_trial
from pinnaux.trainers.held_out import HeldOut, check_finite
from pinnaux.trainers.levenberg_marquardt import Descent
from pinnaux.trainers.state import Candidate, Report


@dataclass(frozen=True, eq=False)
class State:
    """Everything a run is: the judge, the search of stage 1, the descent of stage 2, and the best trial solution so far."""

    judge: HeldOut | None = None
    search: Search | None = None
    best: Candidate | None = None
    descent: Descent | None = None
    corrections: int = 0
    next_correction: int = 0
    idle: int = 0
    estimated: bool = True
    finished: str | None = None


@dataclass(frozen=True, eq=False)
class Automatic:
    """`step` does the next thing that pays; `hurry` asks for the last correction before time is over."""

    collocation: Collocation

    def init(self) -> State:
        """Nothing done yet."""
        return State(search=pilot(self.collocation.plan.settings), next_correction=self.collocation.plan.settings.first_descent)

    def step(self, state: State, hurry: bool = False) -> tuple[State, Report]:
        """One trial, one step of training, or one correction."""
        if state.judge is None:
            return replace(state, judge=held_out(self.collocation)), Report("start", message="points drawn, conditions balanced")
        if hurry and not state.estimated:
            return self._estimate(state)
        if not state.search.finished:
            return self._trial(state)
        if not state.estimated:
            return self._estimate(state)
        if state.descent is None:
            larger = state.search.larger(self.collocation.plan.settings)
            if not larger.finished:
                return replace(state, search=larger), Report("features", message="more features")
            return self._begin(state)
        if hurry or state.descent.steps >= state.next_correction:
            return self._correct(state)
        return self._advance(state)

    def _trial(self, state: State) -> tuple[State, Report]:
        trial = state.search.waiting[0]
        candidate = solve_trial(self.collocation, state.judge, trial)
        best = candidate if state.best is None or candidate.score < state.best.score else state.best
        pilot_only = trial.size == self.collocation.plan.settings.pilot_features
        report = Report("features", {}, self._fresh(state, candidate), f"{trial.size} {trial.kind} features, scale {trial.scale:g}: {candidate.score:.1e}")
        return replace(state, best=best, search=state.search.after(candidate.score), estimated=pilot_only), report

    def _estimate(self, state: State) -> tuple[State, Report]:
        """The error of the best candidate of stage 1, from an independent correction; the correction is kept where it helps."""
        settings = self.collocation.plan.settings
        correction = correct(self.collocation, state.judge, state.best, state.corrections, settings.estimate_features)
        best = correction.best
        done = "accuracy" if correction.reliable and best.error <= settings.accuracy else None
        report = Report("estimate", {}, self._fresh(state, best), f"estimated error {correction.before.error:.1e}, {best.error:.1e} after correction")
        return replace(state, best=best, corrections=state.corrections + 1, estimated=True, finished=done), report

    def _begin(self, state: State) -> tuple[State, Report]:
        descent = begin(self.collocation, state.judge)
        check_finite(descent.objective, descent.theta)
        return replace(state, descent=descent), Report("layers", self._losses(descent), message="network spread layer by layer")

    def _advance(self, state: State) -> tuple[State, Report]:
        before = state.descent
        descent = advance(self.collocation, before)
        idle = state.idle + 1 if descent.stuck else 0
        following = replace(state, descent=descent, idle=idle)
        if idle > self.collocation.plan.settings.patience:
            following = replace(following, next_correction=descent.steps)
        fresh = {}
        if descent.steps % self.collocation.plan.settings.refresh_every == 0:
            fresh = state.judge.residuals(descent.objective.ansatz, descent.theta)
        return following, Report("layers", self._losses(descent), fresh, f"damping {descent.damping:.0e}")

    def _correct(self, state: State) -> tuple[State, Report]:
        settings = self.collocation.plan.settings
        descent = state.descent
        trained = Candidate(descent.objective.ansatz, descent.theta, state.judge.score(descent.objective.ansatz, descent.theta))
        correction = correct(self.collocation, state.judge, trained, state.corrections, settings.correction_features)
        found = correction.best
        improved = found.score < settings.progress * state.best.score
        best = found if found.score < state.best.score else state.best
        done = "accuracy" if correction.reliable and best.error <= settings.accuracy else None
        if not done and not improved and state.idle > settings.patience:
            done = "stagnation"
        report = Report("correction", self._losses(descent), self._fresh(state, best), f"estimated error {correction.before.error:.1e}, {found.error:.1e} after correction")
        growth = int(settings.descent_growth * max(descent.steps, settings.first_descent))
        return replace(state, best=best, corrections=state.corrections + 1, next_correction=growth, idle=0, finished=done), report

    def _fresh(self, state: State, candidate: Candidate) -> dict[str, float]:
        return state.judge.residuals(candidate.ansatz, candidate.theta)

    def _losses(self, descent: Descent) -> dict[str, float]:
        """The weighted loss of every component, as trained on."""
        objective = descent.objective
        losses = {}
        for block, weight in zip(objective.blocks, objective.weights):
            mean = (block.residuals(objective.ansatz, descent.theta) * weight[:, None]).square().mean(dim=1)
            losses |= dict(zip(block.names, mean.tolist()))
        return losses

"""The default trainer: features, then layers, then corrections, each only as far as the problem needs it.

The order is the same for every problem and nothing is tuned: a linear problem with a smooth solution is finished by features in
seconds; what they cannot resolve is trained by Levenberg–Marquardt and corrected, again and again while that pays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

from pinnaux.ansatz import Candidate
from pinnaux.architecture import has_corners, nothing
from pinnaux.collocation import Collocation
from pinnaux.consistency import at_best
from pinnaux.evolution import Evolution
from pinnaux.problem import Problem
from pinnaux.trainers.correction import Correction, correct
from pinnaux.trainers.deep import advance, begin, with_corners
from pinnaux.trainers.features import Search, held_out, pilot, solve_trial
from pinnaux.trainers.held_out import HeldOut, check_finite
from pinnaux.trainers.levenberg_marquardt import Descent, economy
from pinnaux.trainers.march import Marching
from pinnaux.trainers.rounds import Rounds, advance as advance_rounds, begin as begin_rounds, given_up, windows_left
from pinnaux.trainers.state import Budget, Report, Unlimited


FOLLOWED = 0.9
"""Of the degrees of freedom that as many numbers take up."""
BESIDE_NOISE = 1 / 3
"""An error that is this share of what noise leaves open adds a twentieth to it."""


@dataclass(frozen=True, eq=False)
class State:
    """Everything a run is: the judge, the search of stage 1, the descent of stage 2 and what it has trained, and the best of features and corrections."""

    judge: HeldOut | None = None
    search: Search | None = None
    corrected: Candidate | None = None
    trained: Candidate | None = None
    pilot: Candidate | None = None
    descent: Descent | None = None
    corrections: int = 0
    deep_corrections: int = 0
    next_correction: int = 0
    idle: int = 0
    stale: int = 0
    reached: float = math.inf
    pace: float = 0.0
    gain: float = 1.0
    postponed: int = 0
    corners: bool = False
    estimated: bool = True
    measured_again: bool = False
    rounds: Rounds | None = None
    finished: str | None = None

    @property
    def best(self) -> Candidate | None:
        """The solution to show: before the first correction of a trained network that may be the network as it is."""
        ahead = self.trained and not self.deep_corrections and self.trained.score < self.corrected.score
        return self.trained if ahead else self.corrected


@dataclass(frozen=True, eq=False)
class Automatic:
    """`step` does the next thing that pays within a budget of time."""

    collocation: Collocation

    @cached_property
    def plain(self) -> Collocation:
        """The same without singular functions at corners."""
        return replace(self.collocation, corners=False)

    @cached_property
    def marching(self) -> Marching | None:
        """How to solve from moment to moment, if the problem is an evolution."""
        evolution = Evolution.of(self.collocation.plan)
        return Marching(replace(self.plain, evenly=True), evolution) if evolution else None

    def _chosen(self, state: State) -> Collocation:
        """With singular functions if the best features have them."""
        return self.collocation if state.corrected.trial and state.corrected.trial.corners or state.corners else self.plain

    def init(self) -> State:
        """Nothing done yet."""
        return State(search=pilot(self.collocation), next_correction=self.collocation.plan.settings.first_descent)

    def step(self, state: State, budget: Budget = Unlimited()) -> tuple[State, Report]:
        """One trial, one step of training, or one correction."""
        if state.judge is None:
            return replace(state, judge=held_out(self.plain)), Report("start", message="points drawn, conditions balanced")
        never = state.corrected is not None and not state.corrections and state.descent is None
        if budget.hurry and (never or not state.estimated):
            return self._estimate(state)
        if self._marches(state):
            return self._march(state, budget)
        if not state.search.finished:
            return self._trial(state)
        if not state.estimated:
            return self._estimate(state)
        if state.descent is None:
            settings = self.collocation.plan.settings
            larger = state.search.larger(settings)
            if not larger.finished and budget.affords("features", settings.cost_growth * len(larger.waiting)):
                return replace(state, search=larger), Report("features", message="more features")
            return self._begin(state)
        if budget.hurry or state.descent.steps >= state.next_correction:
            return self._correct(state, budget)
        return self._advance(state)

    def _trial(self, state: State) -> tuple[State, Report]:
        trial = state.search.waiting[0]
        settings = self.collocation.plan.settings
        # A nonlinear problem is solved with more features from where fewer of them led; a linear one needs no start, and is solved
        # better without the rounding errors of another solution.
        base = state.pilot if trial.size > settings.pilot_features and not state.judge.linear else None
        candidate = solve_trial(self.collocation if trial.corners else self.plain, state.judge, trial, base)
        best = candidate if state.corrected is None or candidate.score < state.corrected.score else state.corrected
        search = state.search.after(candidate.score, settings)
        # A pilot is estimated only if it may well be the solution already; larger trials always, when their round is over.
        pilot_only = trial.size <= settings.pilot_features and not (search.finished and best.score <= settings.accuracy * state.judge.zero)
        pilot = best if trial.size == settings.pilot_features else state.pilot
        report = Report("features", {}, self._fresh(state, candidate), f"{trial.size} {trial.kind} features, scale {trial.scale:g}: {candidate.score:.1e}")
        return replace(state, corrected=best, pilot=pilot, search=search, estimated=pilot_only and state.estimated), report

    def _estimate(self, state: State) -> tuple[State, Report]:
        """The error of the best candidate, from an independent correction; the correction is kept where it helps."""
        settings = self.collocation.plan.settings
        correction = correct(self._chosen(state), state.judge, state.corrected, state.corrections, settings.estimate_features)
        if _rigid(correction.best, self.collocation.plan.problem):
            correction = correct(self._chosen(state), state.judge, state.corrected, state.corrections, settings.correction_features[0])
        best = correction.best
        if not best.estimate:
            best = replace(best, estimate=state.corrected.estimate, reliable=False)
        elif not correction.kept and state.corrected.estimate:
            best = replace(best, estimate=_middle(state.corrected.estimate, best.estimate))
        elif state.corrected.estimate:
            best = replace(best, estimate=_no_faster(state.corrected.estimate, best.estimate, correction.held_gain))
        # A correction that is kept leaves an error that nothing independent has measured yet; that is done where it matters.
        enough = correction.before.error <= settings.accuracy
        measured = enough or not correction.kept or state.measured_again
        done = "accuracy" if measured and best.reliable and best.error <= settings.accuracy else None
        if not done and measured and _within_noise(best, self.collocation.plan.problem, settings.accuracy):
            done = "stagnation"
        if not done and measured and best.undetermined and best.error <= settings.accuracy:
            done = "undetermined"
        report = Report("estimate", {}, self._fresh(state, best), f"{'confirmed' if best.reliable else 'not confirmed'} by points held out")
        # What is nearly there gets more features at once; what is not, more training first.
        larger = self._features(state.deep_corrections) > self._features(state.deep_corrections - 1)
        again = state.descent and best.error <= settings.nearly * settings.accuracy and larger
        return replace(state, corrected=best, corrections=state.corrections + 1, estimated=measured, measured_again=not measured,
                       next_correction=state.descent.steps if again else state.next_correction, finished=done or state.finished), report

    def _marches(self, state: State) -> bool:
        """Whether to go window by window: at once without space, where it costs next to nothing.

        Else where more is missing than a further correction promises, by what the last one has gained.
        """
        if self.marching is None or state.rounds and state.rounds.over:
            return False
        settings = self.collocation.plan.settings
        promised = max(settings.march_beyond, settings.promised_share * state.gain)
        far = state.deep_corrections > 0 and state.corrected.error > promised * settings.accuracy
        return not self.collocation.plan.problem.domain.space or state.rounds is not None or far

    def _march(self, state: State, budget: Budget) -> tuple[State, Report]:
        """One window of an evolution; at the end of a march, its solution if it is the best, and the run's end if it is accurate.

        Where there is no time for another march, what the last one gave is what there is, unless training gave better.
        """
        before = state.rounds or begin_rounds(self.marching)
        rounds = advance_rounds(self.marching, state.judge, before)
        message, finished = rounds.march.message, None
        ending = not budget.affords("windows", windows_left(self.marching, rounds))
        if ending:
            rounds, message = given_up(self.marching, rounds), f"{message}; there is no time for the rest"
        best = state.corrected
        if rounds.best is not before.best and _preferred(rounds.best, best):
            best = rounds.best
            accurate = best.reliable and best.error <= self.collocation.plan.settings.accuracy
            finished = "accuracy" if accurate else None
        if ending and not finished and rounds.best and best is rounds.best:
            finished = "time"
        fresh = self._fresh(state, best) if best is not state.corrected else {}
        return replace(state, rounds=rounds, corrected=best, estimated=True, finished=finished), Report("windows", {}, fresh, message)

    def _begin(self, state: State) -> tuple[State, Report]:
        collocation = self._chosen(state)
        descent = begin(collocation, state.judge, state.corrected)
        check_finite(descent.objective, descent.theta)
        return replace(state, descent=descent, corners=collocation.corners), Report("start", descent.objective.losses(descent.theta), message=f"network spread layer by layer{economy(None, descent)}")

    def _advance(self, state: State) -> tuple[State, Report]:
        before = state.descent
        descent = advance(self._chosen(state), before)
        idle = state.idle + 1 if descent.stuck else 0
        following = replace(state, descent=descent, idle=idle)
        if idle > self.collocation.plan.settings.patience:
            following = replace(following, next_correction=descent.steps)
        following = self._postponed(following)
        fresh, measured, settings = {}, None, self.collocation.plan.settings
        if descent.steps % settings.refresh_every == 0:
            fresh = state.judge.residuals(descent.objective.ansatz, descent.theta)
            # The bound is proven, and measured, for residuals that depend on the unknowns at their own points.
            local = all(block.local for block in descent.objective.blocks)
            measured = at_best(descent.objective, descent.theta, settings.consistency_points) if local else None
            following = replace(following, trained=_trained(state.judge, descent))
        message = f"damping {descent.damping:.0e}{economy(before, descent)}"
        return following, Report("layers", descent.objective.losses(descent.theta), fresh, message, measured)

    def _correct(self, state: State, budget: Budget) -> tuple[State, Report]:
        """Correct the trained network with more features every time; what is promising, or was never estimated, is estimated independently."""
        settings, descent = self.collocation.plan.settings, state.descent
        if not state.deep_corrections:
            state = self._judge_anew(state)
        trained = _trained(state.judge, descent)
        features = self._affordable(state, budget)
        correction = correct(self._chosen(state), state.judge, trained, state.corrections, features)
        plain = self._chosen(state) is self.plain
        if not state.deep_corrections and not budget.hurry:
            correction, state = self._singular(state, trained, correction, features)
        beside = " and singular ones at corners" if plain and state.corners else ""
        found = correction.best
        improved = found.score < settings.progress * state.corrected.score
        best = found if found.score < state.corrected.score else state.corrected
        # Where training gains on a solution of features that it has not caught up with yet, it is not over.
        gains = trained.score < settings.progress * state.reached
        stale = state.stale + 1 if not (improved or gains) else 0
        report = Report("correction", descent.objective.losses(descent.theta), self._fresh(state, best),
                        f"{features} features more{beside}: from {correction.before.error:.1e} to {found.error:.1e}")
        growth = int(settings.descent_growth * max(descent.steps, settings.first_descent))
        promising = best is found and found.error <= settings.within_reach * settings.accuracy
        return replace(state, corrected=best, corrections=state.corrections + 1, deep_corrections=state.deep_corrections + 1,
                       next_correction=growth, gain=_gain(correction), postponed=0, idle=0, stale=stale,
                       reached=min(trained.score, state.reached), estimated=bool(best.estimate) and not promising,
                       finished="stagnation" if stale >= settings.fruitless else None), report

    def _singular(self, state: State, trained: Candidate, correction: Correction, features: int) -> tuple[Correction, State]:
        """A first correction, or one with singular functions at the corners where that is far better; training then has them too.

        Few features, shared by unknowns that are coupled, may have been too coarse to tell that the corners are singular.
        """
        plan = self.collocation.plan
        coupled = any(plan.principal(group).coupled for group in plan.groups)
        if not coupled or not has_corners(self.collocation) or self._chosen(state).corners:
            return correction, state
        singular = correct(self.collocation, state.judge, trained, state.corrections, features)
        if not singular.best.score * plan.settings.sharper < correction.best.score:
            return correction, state
        return singular, replace(state, corners=True, descent=with_corners(self.collocation, state.descent))

    def _postponed(self, state: State) -> State:
        """Where training still pays well when a correction is due, it goes on for a while first."""
        settings = self.collocation.plan.settings
        if state.descent.steps % settings.pace_steps:
            return state
        loss, pays = state.descent.loss, state.descent.loss * settings.pace < state.pace
        due = state.descent.steps + settings.pace_steps > state.next_correction
        if due and pays and state.postponed < settings.postponements:
            return replace(state, pace=loss, postponed=state.postponed + 1, next_correction=state.descent.steps + settings.pace_steps)
        return replace(state, pace=loss)

    def _features(self, done: int) -> int:
        """Features of a correction after so many: more every time, and more from the start where much accuracy is asked for."""
        settings = self.collocation.plan.settings
        first = sum(settings.accuracy < bound for bound in settings.fine_accuracies)
        return settings.correction_features[max(0, min(first + done, len(settings.correction_features) - 1))]

    def _affordable(self, state: State, budget: Budget) -> int:
        """Features of the next correction; no more than the last one had where its cost, that of a QR factorisation, tells that there is no time."""
        features, last = (self._features(state.deep_corrections - before) for before in (0, 1))
        size = state.descent.theta.numel()
        grown = ((size + features) / (size + last)) ** 3
        return features if not state.deep_corrections or budget.affords("correction", grown) else last

    def _judge_anew(self, state: State) -> State:
        """Balance the judge by the trained network: where the first features were far from a solution, so was their balance."""
        judge = state.judge.balanced(state.descent.objective.ansatz, state.descent.theta)
        zero = nothing(self.plain)
        judge = judge.from_zero(zero.ansatz, zero.theta)
        return replace(state, judge=judge, corrected=replace(state.corrected, score=judge.score(state.corrected.ansatz, state.corrected.theta)))

    def _fresh(self, state: State, candidate: Candidate) -> dict[str, float]:
        return state.judge.residuals(candidate.ansatz, candidate.theta)


def _preferred(found: Candidate, best: Candidate | None) -> bool:
    """Whether to go on with what a march has found: by its estimated error where that is to be relied on, else by its residual.

    The same solution is found anew when its error has become known.
    """
    return best is None or found.ansatz is best.ansatz or found.score < best.score or (found.reliable and found.error < best.error)


def _trained(judge: HeldOut, descent: Descent) -> Candidate:
    """The network as training has left it."""
    ansatz, theta = descent.objective.ansatz, descent.theta
    return Candidate(ansatz, theta, judge.score(ansatz, theta))


def _gain(correction: Correction) -> float:
    """By how much a correction has lowered the estimated error; 1 where it has not, or nothing is known."""
    before, after = correction.before.error, correction.best.error
    return max(1.0, before / after) if 0 < after < math.inf and before < math.inf else 1.0


def _within_noise(candidate: Candidate, problem: Problem, accuracy: float) -> bool:
    """Whether the noise of measurements leaves more open than what is not solved yet, in every unknown that is not accurate."""
    found = candidate.confidence
    left_open = {name: one.share for name, one in found.intervals.items()} | dict(found.fields)
    left_open |= {field.name: found.share_of([one.name for one in field.unknowns]) or 0.0 for field in problem.fields}
    far = [name for name, error in candidate.estimate.items() if not error <= accuracy]
    return bool(far) and all(candidate.estimate[name] <= BESIDE_NOISE * left_open.get(name, 0.0) < math.inf for name in far)


def _rigid(candidate: Candidate, problem: Problem) -> bool:
    """Whether measurements of known noise determine less than the numbers there are: few functions do not follow these, and intervals are too narrow."""
    return bool(candidate.confidence.fits) and candidate.confidence.taken < FOLLOWED * len(problem.numbers)


def _middle(first: dict[str, float], second: dict[str, float]) -> dict[str, float]:
    """The geometric mean of two estimates: by how much the residual fell, and by what an independent correction finds."""
    return {name: (first[name] * second[name]) ** 0.5 for name in first}


def _no_faster(before: dict[str, float], after: dict[str, float], gain: float) -> dict[str, float]:
    """An error falls no faster than its residual: where the estimate does, one of the two was by chance too small."""
    return {name: max(after[name], before[name] / gain) for name in after}

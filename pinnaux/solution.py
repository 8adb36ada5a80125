"""A solved problem: evaluates its outputs anywhere, judges itself on fresh points, saves and loads itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO
from pathlib import Path
from pickle import UnpicklingError
from zipfile import is_zipfile

import numpy as np
import torch
from torch import Tensor as TorchTensor

from pinnaux.ansatz import Ansatz
from pinnaux.applications import applications
from pinnaux.collocation import Collocation, Purpose
from pinnaux.errors import UsageError
from pinnaux.evaluate import parameter_value
from pinnaux.fields import ModeEigenvalue, Parameter
from pinnaux.files import write_bytes
from pinnaux.gauge import Gauge
from pinnaux.geometry.points import Points
from pinnaux.axis_values import with_limits
from pinnaux.modes import unfolded
from pinnaux.plan import Plan
from pinnaux.problem import Problem
from pinnaux.residuals import judge_condition
from pinnaux.serial import decode, encode, layout
from pinnaux.settings import Settings
from pinnaux.signature import Signature, signature
from pinnaux.symbolic.numeric import evaluate as evaluate_formula
from pinnaux.symbolic.scalar import Expr
from pinnaux.unknown_function import FoundFunction
from pinnaux.verdict import ConditionVerdict, Verdict

# Files of another layout are refused: the number of this one, and the fields of every class in it.
FORMAT = f"4 {layout()}"
FOUND = ("noise", "starts", "units")
"""What was found of the problem before it was solved: attributes of the collocation."""
VERDICT_POINTS, ERROR_POINTS = 31, 32
CHUNK = 20_000


@dataclass(frozen=True, eq=False)
class Solution:
    """The unknowns of `problem` as ansatz and θ, and the verdict of the run that found them; `progress` is what going on needs, as plain data."""

    problem: Problem
    collocation: Collocation
    ansatz: Ansatz
    theta: TorchTensor
    verdict: Verdict
    progress: object = None

    def __repr__(self) -> str:
        return f"Solution({', '.join(self.problem.names)}: {self.verdict.summary})"

    def __call__(self, points: np.ndarray) -> dict[str, np.ndarray]:
        """Outputs and fields by name at points (N, d) in the order of the domain's coordinates: (N,), (N, k) or (N, k, l).

        What is complex has complex values, and in curvilinear coordinates vectors and matrices have components along the unit vectors.
        Raises UsageError for points of another shape.
        """
        points = np.asarray(points, dtype=float)
        names = self.problem.domain.names
        if points.ndim != 2 or points.shape[1] != len(names):
            raise UsageError(f"points of shape {points.shape} do not fit the coordinates {', '.join(names)}",
                             hint=f"give an array of shape (N, {len(names)})")
        wanted = {**{field.name: field for field in self.problem.fields}, **self.problem.outputs}
        columns = with_limits(self.evaluate, [one for formula in wanted.values() for one in formula.components], points, self.problem.domain)
        values, start = {}, 0
        for name, formula in wanted.items():
            count = len(formula.components)
            values[name] = formula.assembled(columns[start:start + count])
            start += count
        return values

    def evaluate(self, formulas: Sequence[Expr], points: np.ndarray) -> np.ndarray:
        """Formulas of the unknowns (m of them) at points (N, d) of the domain: (m, N)."""
        names = tuple(str(formula) for formula in formulas)
        block = self.collocation.compile(names, tuple(formulas), self.problem.domain)
        parts = [np.empty((len(formulas), 0))]
        with torch.no_grad():
            block = block.knowing(self.ansatz, self.theta)
            for start in range(0, len(points), CHUNK):
                surroundings = self.collocation.surroundings(Points(points[start:start + CHUNK]))
                parts.append(block.at(surroundings).residuals(self.ansatz, self.theta).double().cpu().numpy())
        return np.concatenate(parts, axis=1)

    @cached_property
    def parameters(self) -> dict[str, float]:
        """The unknown numbers by name."""
        return {parameter.name: self._values[parameter] for parameter in self.problem.numbers}

    @cached_property
    def _values(self) -> dict[Parameter, float]:
        """The numbers by what the user declared, and by the coefficients of unknown functions."""
        numbers = self.ansatz.split(self.theta)[-1]
        return {parameter: parameter_value(parameter, number).item() for parameter, number in zip(self.problem.parameters, numbers)}

    @cached_property
    def functions(self) -> dict[str, FoundFunction]:
        """The unknown functions by name, each to be called with arguments (N,), and the range that the equations have asked for."""
        uses = applications(self.collocation)
        return {one.name: FoundFunction(one, tuple(self._values.get(part, part.initial) for part in one.coefficients),
                                        uses[one.name].reach(self.ansatz, self.theta)) for one in self.problem.functions}

    @property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """Where the unknown numbers lie with 95 % confidence, by name: those that measurements of known noise determine."""
        return {name: (one.low, one.high) for name, one in self.verdict.confidence.intervals.items()}

    @property
    def eigenvalues(self) -> dict[str, float]:
        """The eigenvalues by name in the order of the modes; none where the problem is no eigenvalue problem."""
        return {one.name: self.parameters[one.name] for one in self.problem.parameters if isinstance(one, ModeEigenvalue)}

    def residuals(self, condition: str, points: Points | None = None) -> tuple[Points, np.ndarray]:
        """Residuals (N, m) of a condition at points of its region, by default at fresh ones. Raises UsageError for an unknown name."""
        for number, region in enumerate(self.collocation.plan.regions):
            chosen = [i for i, owner in enumerate(region.owners) if owner == condition]
            if chosen:
                if points is None:
                    points = self._fresh(number)
                with torch.no_grad():
                    region, block = self.collocation.plan.regions[number], self.collocation.block(number, points)
                    values = self.collocation.plain_block(block, region).residuals(self.ansatz, self.theta)[chosen]
                return points, values.T.double().cpu().numpy()
        known = ", ".join(one.name for one in self.problem.conditions)
        raise UsageError(f"there is no condition {condition!r}", hint=f"the conditions are {known}")

    def errors(self, points: np.ndarray | None = None) -> dict[str, float]:
        """Relative L2 error of everything with an exact solution, at points (N, d), by default fresh ones in the domain.

        Of a field that the conditions know up to a constant or a function of time only, with that left out of both.
        """
        if not self.problem.exact:
            return {}
        if points is None:
            points = self.problem.domain.interior.sample(self.collocation.plan.settings.held_out_points,
                                                         Purpose(self.collocation.plan.settings.seed, ERROR_POINTS).generator()).coordinates
        points = np.array(points, dtype=float)
        coordinates = {name: points[:, axis] for axis, name in enumerate(self.problem.domain.names)}
        gauge, errors = Gauge.of(self.collocation.plan, torch.from_numpy(points)), {}
        for name, formula in self.problem.exact.items():
            exact = np.stack([evaluate_formula(one, coordinates) for one in formula.components])
            target = self.problem.outputs.get(name, self.problem.named.get(name))
            found = self.evaluate(target.components, points)
            for row, one in enumerate(target.components):
                found[row], exact[row] = gauge.without(torch.from_numpy(np.stack([found[row], exact[row]], axis=1)), str(one)).numpy().T
            errors[name] = float(np.linalg.norm(found - exact) / max(np.linalg.norm(exact), 1e-300))
        return errors

    def judged(self) -> dict[str, ConditionVerdict]:
        """How well every condition holds on fresh points."""
        verdicts: dict[str, ConditionVerdict] = {}
        with torch.no_grad():
            typical = self.collocation.domain_points(1000, Purpose(self.collocation.plan.settings.seed, ERROR_POINTS, 1))
            for number, region in enumerate(self.collocation.plan.regions):
                block = self.collocation.block(number, self._fresh(number))
                verdicts |= judge_condition(self.collocation, region, block, self.ansatz, self.theta, typical)
        return {condition.name: verdicts[condition.name] for condition in self.problem.conditions}

    def _fresh(self, number: int) -> Points:
        settings = self.collocation.plan.settings
        region = self.collocation.plan.regions[number]
        count = self.collocation.plan.count_held_out(region, settings.held_out_points)
        return replace(self.collocation, evenly=True).sample(region, count, Purpose(settings.seed, VERDICT_POINTS, number).generator(), held_out=True)

    def save(self, path: str | Path) -> None:
        """Write the solution to a file, whole or not at all; `load` needs the same problem again."""
        tree = {"format": FORMAT, "ansatz": encode(self.ansatz), "theta": self.theta.cpu(), "verdict": encode(self.verdict),
                "settings": encode(self.collocation.plan.settings), "signature": encode(signature(self.problem)),
                **{name: dict(getattr(self.collocation, name)) for name in FOUND}, "progress": self.progress}
        buffer = BytesIO()
        torch.save(tree, buffer)
        write_bytes(Path(path), buffer.getvalue())

    @staticmethod
    def load(path: str | Path, problem: Problem) -> Solution:
        """The solution saved in a file. Raises UsageError if the file is none, or of another problem."""
        tree, problem = _read(Path(path)), unfolded(problem)
        if not isinstance(tree, dict) or tree.get("format") != FORMAT:
            raise UsageError(f"{path} is no solution of this version of pinnaux", hint="solve the problem again")
        saved: Signature = decode(tree["signature"])
        if not saved.agrees(signature(problem)):
            raise UsageError(f"{path} is the solution of another problem than this file now states",
                             hint="solve again after changing fields, conditions or the domain")
        settings: Settings = decode(tree["settings"])
        theta = tree["theta"]
        collocation = Collocation(Plan.of(problem, settings), theta.dtype, torch.device("cpu"), **{name: tree[name] for name in FOUND})
        return Solution(problem, collocation, decode(tree["ansatz"]), theta, decode(tree["verdict"]), tree["progress"])


def _read(path: Path) -> object:
    """What torch.save wrote to a file. Raises UsageError for a file that it did not write."""
    hint = "pinnaux solve makes it"
    try:
        # Torch takes what is no archive for a pickle, and says so in many ways.
        if not is_zipfile(path):
            path.open("rb").close()
            raise UsageError(f"{path} cannot be read as a solution: it is a file of another kind", hint=hint)
        return torch.load(path, weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, UnpicklingError) as error:
        raise UsageError(f"{path} cannot be read as a solution: {error}", hint=hint) from error

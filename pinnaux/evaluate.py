"""Formulas as programs on tensors: jets, numbers and points in, residuals (m, N) out.

A formula is compiled once into a list of instructions, each distinct subformula one instruction; the program then runs on
the jets of any points. Parameters with bounds are mapped from a free number, so that a trainer never leaves the bounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import torch
from torch import Tensor

from pinnaux.derivatives import Collapsed, multi_index, node_structure
from pinnaux.errors import DeclarationError
from pinnaux.fields import Parameter
from pinnaux.jets.spec import JetSpec
from pinnaux.siteplan import Sites, site_key
from pinnaux.surroundings import Surroundings
from pinnaux.symbolic.applied import Applied
from pinnaux.symbolic.formula import described
from pinnaux.symbolic.integral import Integral, Rule, Variable
from pinnaux.symbolic.relations import Equation, Inequality, Relation
from pinnaux.symbolic.scalar import (
    Constant,
    Coordinate,
    Data,
    Derivative,
    Elsewhere,
    Expr,
    Function,
    Normal,
    ParameterNode,
    Pointwise,
    Power,
    Product,
    Sum,
    Unknown,
    Where,
    postorder,
)

FUNCTIONS: Mapping[str, Callable[..., Tensor]] = MappingProxyType({
    name: getattr(torch, name) for name in (
        "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "exp", "log", "sqrt", "abs", "sign",
        "minimum", "maximum", "erf")
})

Values = list[Tensor]
Instruction = Callable[[Values, "Inputs"], Tensor]


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a program runs on: jets (K, N, unknowns) a group, numbers (n, N), surroundings."""

    jets: list[Tensor]
    numbers: Tensor
    surroundings: Surroundings

    def take(self, chosen: Tensor) -> Inputs:
        """The inputs at the points chosen by a mask (N,)."""
        return Inputs([jet[:, chosen] for jet in self.jets], self.numbers[:, chosen], self.surroundings.take(chosen))


@dataclass(frozen=True)
class Layout:
    """Where a program finds things: unknowns by group, the jets' specifications, parameters, and the names of coordinates.

    Jets hold unknowns in their `units`, one where none is given. The jets of `sites` come after those of the groups, their integrals after the parameters; inside an integral the sites are at the
    nodes of its `rule`.
    """

    groups: tuple[tuple[Unknown, ...], ...]
    specs: tuple[JetSpec, ...]
    parameters: tuple[Parameter, ...]
    coordinates: tuple[str, ...]
    space: tuple[str, ...]
    sites: Sites = Sites()
    rule: Rule | None = None
    units: Mapping[str, float] = field(default_factory=dict)

    def place(self, unknown: Unknown) -> tuple[int, int]:
        """Group number and output number of an unknown."""
        for number, group in enumerate(self.groups):
            for output, candidate in enumerate(group):
                if candidate is unknown:
                    return number, output
        raise AssertionError(f"unknown {unknown} is in no group")

    def site(self, node: Elsewhere) -> int:
        """The number of the site of a value elsewhere."""
        return self.sites.numbers[site_key(node, self.rule, self.groups)]


class FormulaProgram:
    """Residuals (m, N) of m formulas on the jets of one region; `layout` says where it finds what they name."""

    def __init__(self, formulas: Sequence[Expr], layout: Layout) -> None:
        self.instructions: list[Instruction] = []
        self.nodes: list[tuple[Expr, list[int]]] = []
        self.layout = layout
        numbers: dict[object, int] = {}
        slots: dict[Expr, int] = {}
        outside = _outside_branches(formulas)
        for node in postorder(formulas):
            if node not in outside:
                continue
            operands = [slots[operand] for operand in _operands(node)]
            structure = node_structure(node, operands)
            if structure not in numbers:
                numbers[structure] = len(self.instructions)
                self.instructions.append(_instruction(node, operands, layout))
                self.nodes.append((node, operands))
            slots[node] = numbers[structure]
        self.results = [slots[formula] for formula in formulas]

    def __call__(self, jets: list[Tensor], numbers: Tensor, surroundings: Surroundings) -> Tensor:
        return self.run(Inputs(jets, numbers, surroundings))

    def run(self, inputs: Inputs) -> Tensor:
        values: Values = []
        for instruction in self.instructions:
            values.append(instruction(values, inputs))
        return torch.stack([values[slot].expand(inputs.surroundings.count) for slot in self.results])

    def culprit(self, jets: list[Tensor], numbers: Tensor, surroundings: Surroundings) -> str:
        """At one point: the first subformula that is not finite though its operands are, and what these are; "" where all are finite."""
        return self.culprit_in(Inputs(jets, numbers, surroundings))

    def culprit_in(self, inputs: Inputs) -> str:
        """The same for inputs that are put together."""
        values: Values = []
        for instruction, (node, operands) in zip(self.instructions, self.nodes):
            values.append(instruction(values, inputs))
            if not torch.isfinite(values[-1]).all():
                if isinstance(node, Where):
                    taken = _predicate(node.predicate, iter(operands))(values).all()
                    return FormulaProgram([node.yes if taken else node.no], self.layout).culprit_in(inputs)
                return _told(node, [values[slot].item() for slot in operands], values[-1].item())
        return ""


def _told(node: Expr, operands: Sequence[float], value: float) -> str:
    """'log(u - 2) with u - 2 = -1', or 'u = nan' of what has no operands."""
    known = dict.fromkeys(f"{child} = {one:.6g}" for child, one in zip(node.children, operands) if not isinstance(child, Constant))
    return f"{node} with {' and '.join(known)}" if known else f"{node} = {value:.6g}"


def _operands(node: Expr) -> tuple[Expr, ...]:
    """The children whose values at all points a node needs; the branches of a choice are programs of their own, places known beforehand."""
    if isinstance(node, Elsewhere):
        return ()
    return node.children[:-2] if isinstance(node, Where) else node.children


def _outside_branches(formulas: Sequence[Expr]) -> set[Expr]:
    """The nodes that are needed at all points."""
    found: set[Expr] = set()
    waiting = list(formulas)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(_operands(node))
    return found


def _instruction(node: Expr, operands: list[int], layout: Layout) -> Instruction:
    """The operation of an inner node on the values of its operands, or of a leaf on the inputs."""
    if isinstance(node, Sum):
        return lambda values, _: _fold(torch.add, [values[c] for c in operands])
    if isinstance(node, Product):
        return lambda values, _: _fold(torch.mul, [values[c] for c in operands])
    if isinstance(node, Power):
        return _power(node, operands)
    if isinstance(node, Function):
        function = FUNCTIONS[node.name]
        return lambda values, _: function(*(values[c] for c in operands))
    if isinstance(node, Applied):
        return lambda values, _: values[operands[0]]
    if isinstance(node, Pointwise):
        return lambda values, _: _called(node, values[operands[0]])
    if isinstance(node, Where):
        return _choice(node, operands, layout)
    return _leaf(node, layout)


def _called(node: Pointwise, argument: Tensor) -> Tensor:
    """The user's function of the argument. Raises DeclarationError where it fails, or does not act on each number by itself."""
    try:
        value = node.function(argument)
    except Exception as failure:  # whatever the user's code raises is told at the line of the formula
        raise DeclarationError(f"pointwise function {node.name} failed: {type(failure).__name__}: {failure}", where=node.where,
                               hint="it is given a tensor of one number for each point, and returns as many") from failure
    if not isinstance(value, Tensor):
        raise DeclarationError(f"pointwise function {node.name} returned {described(value)}, not a tensor", where=node.where,
                               hint="write it with torch's functions")
    if value.shape != argument.shape:
        raise DeclarationError(
            f"pointwise function {node.name} returned a tensor of shape {tuple(value.shape)} for numbers of shape {tuple(argument.shape)}",
            where=node.where, hint="it must act on each number by itself, and return one number for each")
    return value.to(argument)


def _choice(node: Where, operands: list[int], layout: Layout) -> Instruction:
    """Each branch at the points that take it: elsewhere it may be undefined, and zero times its derivative no number."""
    choose = _predicate(node.predicate, iter(operands))
    yes, no = FormulaProgram([node.yes], layout), FormulaProgram([node.no], layout)

    def run(values: Values, inputs: Inputs) -> Tensor:
        taken = choose(values).expand(inputs.surroundings.count)
        result = inputs.surroundings.points.new_zeros(inputs.surroundings.count)
        for chosen, branch in ((taken, yes), (~taken, no)):
            result = result.masked_scatter(chosen, branch.run(inputs.take(chosen))[0])
        return result

    return run


def _fold(operation: Callable[[Tensor, Tensor], Tensor], operands: Values) -> Tensor:
    total = operands[0]
    for operand in operands[1:]:
        total = operation(total, operand)
    return total


def _power(node: Power, operands: list[int]) -> Instruction:
    if not isinstance(node.exponent, Constant):
        return lambda values, _: torch.pow(values[operands[0]], values[operands[1]])
    exponent = node.exponent.value
    if exponent == int(exponent):
        exponent = int(exponent)
    return lambda values, _: torch.pow(values[operands[0]], exponent)


def _predicate(relation: Relation, sides: Iterator[int]) -> Callable[[Values], Tensor]:
    """Whether the relation holds, (N,) of bool; `sides` gives where the values of its sides are, in their order."""
    if isinstance(relation, Inequality):
        left, right = next(sides), next(sides)
        compare = torch.lt if relation.strict else torch.le
        return lambda values: compare(values[left], values[right])
    if isinstance(relation, Equation):
        lefts, rights = ([next(sides) for _ in side.components] for side in relation.operands)
        return lambda values: _fold(torch.logical_and, [values[a] == values[b] for a, b in zip(lefts, rights)])
    parts = [_predicate(part, sides) for part in relation.parts]
    if relation.operator == "~":
        return lambda values: ~parts[0](values)
    join = torch.logical_and if relation.operator == "&" else torch.logical_or
    return lambda values: _fold(join, [part(values) for part in parts])


def _leaf(node: Expr, layout: Layout) -> Instruction:
    if isinstance(node, Constant):
        return lambda _, inputs: inputs.surroundings.points.new_tensor(node.value)
    if isinstance(node, Coordinate):
        axis = layout.coordinates.index(node.name)
        return lambda _, inputs: inputs.surroundings.points[:, axis]
    if isinstance(node, Normal):
        axis = layout.space.index(node.name)
        return lambda _, inputs: inputs.surroundings.normals[:, axis]
    if isinstance(node, Data):
        return lambda _, inputs: inputs.surroundings.columns[node.column]
    if isinstance(node, ParameterNode):
        number = next(i for i, parameter in enumerate(layout.parameters) if parameter is node)
        return lambda _, inputs: parameter_value(node, inputs.numbers[number])
    if isinstance(node, Variable):
        return lambda _, inputs: inputs.surroundings.columns[node.name]
    if isinstance(node, Integral):
        place = len(layout.parameters) + layout.sites.place(node)
        return lambda _, inputs: inputs.numbers[place]
    if isinstance(node, Elsewhere):
        site = layout.site(node)
        return _channel(node.leaf, layout.place(node.unknown)[1], len(layout.groups) + site, layout.sites.sites[site].spec, layout.units)
    group, output = layout.place(node if isinstance(node, Unknown) else node.unknown)
    return _channel(node, output, group, layout.specs[group], layout.units)


def _channel(node: Expr, output: int, jet: int, spec: JetSpec, units: Mapping[str, float]) -> Instruction:
    """The channel of a jet that holds an unknown, a derivative of it, or a collapsed sum, times its unit."""
    unknown = node if isinstance(node, Unknown) else node.unknown
    names = [coordinate.name for coordinate in unknown.coordinates]
    if isinstance(node, Collapsed):
        given = dict(node.coefficients)
        channel = spec.form_position(tuple(given.get(name, 0.0) for name in names))
    else:
        channel = spec.position[multi_index(node, names) if isinstance(node, Derivative) else (0,) * len(names)]
    unit = units.get(unknown.name, 1.0)
    if unit == 1:
        return lambda _, inputs: inputs.jets[jet][channel, :, output]
    return lambda _, inputs: unit * inputs.jets[jet][channel, :, output]


def parameter_value(parameter: Parameter, free: Tensor) -> Tensor:
    """The parameter for a free number q: lower + (upper − lower)·logistic(q) between bounds, e^q from one bound, scale·q else.

    Between positive bounds that are decades apart it is the logarithm that is mapped so.
    """
    lower, upper = parameter.lower, parameter.upper
    if lower is not None and upper is not None:
        share = torch.sigmoid(free)
        return lower * (upper / lower) ** share if parameter.over_decades else lower + (upper - lower) * share
    if lower is not None:
        return lower + (parameter.initial - lower) * torch.exp(free)
    if upper is not None:
        return upper - (upper - parameter.initial) * torch.exp(free)
    return parameter_scale(parameter) * free


def free_start(parameter: Parameter) -> float:
    """The free number at which the parameter has its initial value."""
    lower, upper = parameter.lower, parameter.upper
    if lower is not None and upper is not None:
        by_decades = parameter.over_decades
        share = math.log(parameter.initial / lower) / math.log(upper / lower) if by_decades else (parameter.initial - lower) / (upper - lower)
        return math.log(share / (1 - share))
    if lower is not None or upper is not None:
        return 0.0
    return parameter.initial / parameter_scale(parameter)


def parameter_scale(parameter: Parameter) -> float:
    """The size of a step that matters: that of the initial value, or 1."""
    return abs(parameter.initial) or 1.0

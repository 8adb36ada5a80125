"""Which derivatives a set of formulas needs, and where sums of second derivatives may travel as one channel.

`collapse` rewrites c·(a·u_xx + b·u_yy) with numbers a, b into c·Collapsed(u, {x: a, y: b}); `jet_specs` counts channels.
No torch here: `pinnaux check` prints what this module finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pinnaux.jets.spec import JetSpec, MultiIndex
from pinnaux.symbolic.expression import Function, Power
from pinnaux.symbolic.scalar import Constant, Derivative, Elsewhere, Expr, Product, Sum, Unknown, add, multiply, owner, postorder
from pinnaux.symbolic.walk import ATOM, Text, rebuilt


class Collapsed(Expr):
    """Σ_i c_i ∂²u/∂x_i², one channel of the jet; `coefficients` holds (coordinate name, c_i)."""

    unknown: Unknown
    coefficients: tuple[tuple[str, float], ...]

    def __init__(self, unknown: Unknown, coefficients: tuple[tuple[str, float], ...]) -> None:
        self.fix(unknown=unknown, coefficients=coefficients)

    @property
    def key(self) -> object:
        return ("collapsed", id(self.unknown), self.coefficients)

    def text(self, parts: Sequence[Text]) -> Text:
        inside = " + ".join(f"{'' if c == 1 else f'{c:g} '}∂²/∂{name}²" for name, c in self.coefficients)
        return f"({inside}) {self.unknown.name}", ATOM


def jet_specs(expressions: Iterable[Expr], groups: Sequence[Sequence[Unknown]]) -> tuple[JetSpec, ...]:
    """One specification for every group of unknowns of the same coordinates."""
    nodes = postorder(expressions)
    return tuple(group_spec(nodes, list(group)) for group in groups)


def group_spec(nodes: Sequence[Expr], group: list[Unknown]) -> JetSpec:
    """The channels of the unknowns of one group that are among the nodes."""
    names = [coordinate.name for coordinate in group[0].coordinates]
    wanted, forms = [], []
    for node in nodes:
        if isinstance(node, Derivative) and any(node.unknown is unknown for unknown in group):
            wanted.append(multi_index(node, names))
        elif isinstance(node, Collapsed) and any(node.unknown is unknown for unknown in group):
            given = dict(node.coefficients)
            forms.append(tuple(given.get(name, 0.0) for name in names))
    return JetSpec.closure(len(names), wanted, forms)


def looked_at(nodes: Iterable[Expr]) -> set[Unknown]:
    """The unknowns whose jets at the point itself the nodes need."""
    return {node.unknown if isinstance(node, Collapsed) else owner(node) for node in nodes if not isinstance(node, Elsewhere)} - {None}


def multi_index(node: Derivative, names: Sequence[str]) -> MultiIndex:
    """The derivative's orders in the order of the coordinate names."""
    orders = dict(node.orders)
    return tuple(orders.get(name, 0) for name in names)


def collapse(expressions: Sequence[Expr], groups: Sequence[Sequence[Unknown]]) -> tuple[Expr, ...]:
    """The same formulas with collapsed second derivatives, where that makes the jets smaller."""
    rewritten: dict[Expr, Expr] = {}
    for node in postorder(expressions):
        children = tuple(rewritten[child] for child in node.children)
        same = all(new is old for new, old in zip(children, node.children))
        if isinstance(node, Sum):
            rewritten[node] = _collapse_sum(children)
        else:
            rewritten[node] = node if same else rebuilt(node, children)
    candidates = tuple(rewritten[expression] for expression in expressions)
    before = sum(len(spec) for spec in jet_specs(expressions, groups))
    after = sum(len(spec) for spec in jet_specs(candidates, groups))
    return candidates if after < before else tuple(expressions)


def _collapse_sum(terms: tuple[Expr, ...]) -> Expr:
    """Gather the terms f·c_i·u_ii that share the unknown u and the factor f into f·Collapsed(u, c)."""
    gathered: dict[object, list[tuple[Expr, str, float, list[Expr]]]] = {}
    for term in terms:
        match = _second_derivative(term)
        if match:
            second, number, others = match
            key = (id(second.unknown), tuple(sorted((structure(other) for other in others), key=repr)))
            gathered.setdefault(key, []).append((term, second.orders[0][0], number, others))
    out = list(terms)
    for found in gathered.values():
        coordinates = {name for _, name, _, _ in found}
        if len(found) < 2 or len(coordinates) < len(found):
            continue
        second = _second_derivative(found[0][0])[0]
        whole = Collapsed(second.unknown, tuple(sorted((name, number) for _, name, number, _ in found)))
        members = {id(term) for term, *_ in found}
        out = [term for term in out if id(term) not in members] + [multiply(*found[0][3], whole)]
    return add(*out)


def _second_derivative(term: Expr) -> tuple[Derivative, float, list[Expr]] | None:
    """(u_ii, number, other factors) of a term that is their product."""
    factors = list(term.factors) if isinstance(term, Product) else [term]
    pure = [f for f in factors if isinstance(f, Derivative) and len(f.orders) == 1 and f.orders[0][1] == 2]
    if len(pure) != 1:
        return None
    others = [f for f in factors if f is not pure[0]]
    number = 1.0
    for factor in others:
        if isinstance(factor, Constant):
            number *= factor.value
    return pure[0], number, [f for f in others if not isinstance(f, Constant)]


def structure(expression: Expr) -> object:
    """A hashable value that two formulas share if they are built alike from the same leaves."""
    known: dict[Expr, object] = {}
    for node in postorder([expression]):
        known[node] = node_structure(node, [known[child] for child in node.children])
    return known[expression]


def node_structure(node: Expr, children: Sequence[object]) -> object:
    """The structure of one node from what stands for its children."""
    if isinstance(node, Constant):
        return ("number", node.value)
    if isinstance(node, (Sum, Product, Power)):
        return (type(node).__name__, *children)
    if isinstance(node, Function):
        return (node.kind.name, *children)
    return node.key if not children else (id(node),)

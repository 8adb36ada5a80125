"""Differential and algebraic operators: plain functions from formulas to formulas.

Spatial operators act on the spatial coordinates of the domain, which the fields and coordinates in the formula know; never on time.
In curvilinear coordinates vectors and matrices have components along the unit vectors (vector_calculus.py).
"""

from __future__ import annotations

from pinnaux.errors import DeclarationError, did_you_mean
from pinnaux.symbolic.complex import Complex, bilinearly, linearly
from pinnaux.symbolic.coordinates import remedy_or
from pinnaux.symbolic.expression import ONE, ZERO, Constant, power
from pinnaux.symbolic.formula import described
from pinnaux.symbolic.frame import CYLINDRICAL, Frame
from pinnaux.symbolic.functions import sqrt
from pinnaux.symbolic.integral import everything
from pinnaux.symbolic.places import dependences_of, listed_dependences
from pinnaux.symbolic.refusals import refuse_shapes
from pinnaux.symbolic.scalar import Coordinate, Expr, Normal, Unknown, add, differentiate, is_constant, multiply, owner, postorder
from pinnaux.symbolic.tensor import Tensor, as_formula
from pinnaux.symbolic.vector_calculus import divergence, laplacian_of, matrix_divergence, slopes, vector_laplacian, vector_slopes
from pinnaux.symbolic.walk import bracketed_label

__all__ = [
    "cross", "curl", "diff", "div", "dot", "grad", "hessian", "identity", "inner", "laplacian", "norm", "outer", "sym", "trace",
    "transpose",
]

Formulas = Expr | Tensor | Complex


def diff(formula: Formulas, *coordinates: Coordinate) -> Formulas:
    """The partial derivative, diff(u, x, x, t) = ∂³u/∂x²∂t; of a tensor, entry by entry.

    Raises DeclarationError where nothing in the formula depends on one of the coordinates, or one of them is no coordinate.
    """
    formula = as_formula(formula, "cannot differentiate")
    if not coordinates:
        raise DeclarationError(f"diff needs a coordinate to differentiate {described(formula)} in", hint="diff(u, x), or diff(u, x, x)")
    for coordinate in coordinates:
        check_coordinate(coordinate, formula)
        check_dependence(formula, coordinate)
    for coordinate in coordinates:
        formula = partial(formula, coordinate)
    return formula


def partial(formula: Formulas, coordinate: Coordinate) -> Formulas:
    """∂formula/∂coordinate, 0 where nothing depends on it."""
    label = f"{bracketed_label(formula)}_{coordinate.name}"
    return linearly(lambda part: part.map(lambda entry: differentiate(entry, coordinate), label), formula, label)


def check_coordinate(value: object, formula: Formulas) -> None:
    """Refuse to differentiate in anything but a coordinate."""
    if isinstance(value, Coordinate):
        return
    hint = remedy_or(value, "write the coordinate itself: x, y = domain.coordinates, then diff(u, x)")
    if isinstance(value, int):
        hint = "for a higher order repeat the coordinate: diff(u, x, x)"
    raise DeclarationError(f"cannot differentiate {described(formula)} in {described(value)}: it is not a coordinate", hint=hint)


def check_dependence(formula: Formulas, coordinate: Coordinate) -> None:
    """Refuse a derivative that is zero because nothing in the formula depends on the coordinate."""
    dependences = dependences_of(formula)
    if any(coordinate.name in names for names in dependences.values()):
        return
    known = {name: None for names in dependences.values() for name in names}
    raise DeclarationError(
        f"cannot differentiate {described(formula)} in {coordinate.name}: " + (listed_dependences(dependences) or "nothing in it depends on a field"),
        hint=did_you_mean(coordinate.name, known) if known else "a number or parameter has no derivative",
    )


def frame_of(formula: Formulas, operator: str) -> Frame:
    """The spatial coordinates of the domain(s) of the fields and coordinates in the formula."""
    frames: dict[Frame, None] = {}
    times: set[str] = set()
    for node in everything(formula.components):
        unknown = owner(node)
        if unknown is not None:
            frames[unknown.frame] = None
            times.update(one.name for one in unknown.coordinates if one.is_time)
        elif isinstance(node, (Coordinate, Normal)):
            frames[node.frame] = None
    names = tuple(dict.fromkeys(name for frame in frames for name in frame.names))
    check_clash(formula, operator, names, times)
    systems = list(dict.fromkeys(frame.system for frame in frames if frame.names))
    if len(systems) > 1:
        raise DeclarationError(
            f"cannot take {operator} of {described(formula)}: its fields live in {systems[0]} and in {systems[1]} coordinates",
            hint="declare them on one domain",
        )
    return Frame(names, *systems)


def check_clash(formula: Formulas, operator: str, names: tuple[str, ...], times: set[str]) -> None:
    """Refuse spatial coordinates that there are none of, or one that is time in another domain."""
    clash = sorted(times & set(names))
    if clash:
        raise DeclarationError(
            f"cannot take {operator} of {described(formula)}: {clash[0]} is space in one of its domains, time in another",
            hint="give one of the domains other coordinate names: names=(…)",
        )
    if not names:
        raise DeclarationError(
            f"cannot take {operator} of {described(formula)}: no field or coordinate in it tells its domain",
            hint=f"{operator} of a constant is 0; write 0",
        )


def spatial_argument(value: object, operator: str, ranks: tuple[int, ...]) -> tuple[Formulas, Frame]:
    """The operator's argument, which must have one of the ranks and depend on space, and its frame."""
    formula = ranked(value, operator, ranks)
    frame = frame_of(formula, operator)
    if not depends_on_space(formula, frame):
        raise DeclarationError(
            f"cannot take {operator} of {described(formula)}: nothing in it depends on space ({', '.join(frame.names)})",
            hint="spatial operators never act on time; that is diff(u, t)",
        )
    if frame.is_curved:
        check_components(formula, frame, operator)
    return formula, frame


def check_components(formula: Formulas, frame: Frame, operator: str) -> None:
    """Refuse vectors and matrices that have no component along each unit vector, and what is meant to be symmetric and is not."""
    size, labels = len(frame.axes), ", ".join(frame.labels)
    if any(length != size for length in formula.shape):
        raise DeclarationError(
            f"{operator} takes {size} components along each index in {frame.system} coordinates, not {described(formula)}",
            hint=f"they are those along ({labels}), 0 where there is none",
        )
    for part in formula.real_parts.values() if len(formula.shape) == 1 else ():
        check_vector(part, frame, operator)


def check_vector(vector: Tensor, frame: Frame, operator: str) -> None:
    """Refuse components that no vector around an axis has: scalars, and in spherical symmetry all but the first."""
    turned = vector.entries[:2] if frame.system == CYLINDRICAL else vector.entries
    scalar = next((entry for entry in turned if isinstance(entry, Unknown) and entry.is_smooth), None)
    if scalar is not None:
        raise DeclarationError(
            f"cannot take {operator} of {described(vector)}: {scalar.name} is declared as a scalar, which is smooth on the axis, where a "
            "component of a vector is not",
            hint='declare the vector: VectorField("v", domain, components=(…)), with 0 for what is not there',
        )
    if frame.is_radial and not all(is_constant(entry, 0.0) for entry in vector.entries[1:]):
        raise DeclarationError(
            f"cannot take {operator} of {described(vector)}: with spherical symmetry a vector points along r",
            hint="its other components are 0; what depends on an angle needs it as a coordinate",
        )


def depends_on_space(formula: Formulas, frame: Frame) -> bool:
    """Whether any field or coordinate in the formula depends on one of the spatial coordinates."""
    names = set(frame.names)
    return (any(names & set(own) for own in dependences_of(formula).values())
            or any(isinstance(node, Normal) for node in postorder(formula.components)))


def ranked(value: object, operator: str, ranks: tuple[int, ...]) -> Formulas:
    """The operator's argument as a formula, which must be one of: scalar (0), vector (1), matrix (2)."""
    formula = as_formula(value, f"cannot take {operator} of")
    if len(formula.shape) in ranks:
        return formula
    wanted = " or a ".join(("scalar", "vector", "matrix")[rank] for rank in ranks)
    hints = {"div": "div(grad(u)) is laplacian(u); in one dimension write diff(u, x)", "norm": "abs(u) is the size of a scalar"}
    raise DeclarationError(f"{operator} takes a {wanted}, not {described(formula)}", hint=hints.get(operator, f"give a {wanted}"))


def vector_in_space(vector: Tensor, frame: Frame, operator: str) -> None:
    """Refuse a last index that does not run over the spatial coordinates."""
    if vector.shape[-1] != len(frame.axes):
        names = ", ".join(frame.labels)
        raise DeclarationError(
            f"{operator} takes a {len(frame.axes)}-vector here, not {described(vector)}: the domain's space is ({names})",
            hint="one component for each spatial coordinate, time not counted",
        )


def grad(formula: Formulas) -> Tensor:
    """Gradient: of a scalar [j] = ∂u/∂x_j, of a vector [i, j] = ∂v_i/∂x_j."""
    formula, frame = spatial_argument(formula, "grad", (0, 1))
    label = f"grad({formula})"
    return linearly(lambda part: gradient(part, frame, label), formula, label)


def gradient(formula: Expr | Tensor, frame: Frame, label: str) -> Tensor:
    """∂formula/∂x_j, j the last index."""
    return Tensor(slopes(formula, frame) if isinstance(formula, Expr) else vector_slopes(formula.entries, frame), label)


def div(formula: Tensor) -> Formulas:
    """Divergence: of a vector ∂v_j/∂x_j, of a matrix row by row [i] = ∂A_ij/∂x_j."""
    formula, frame = spatial_argument(formula, "div", (1, 2))
    vector_in_space(formula, frame, "div")
    label = f"div({formula})"
    if len(formula.shape) == 1:
        return linearly(lambda part: divergence(part.entries, frame), formula, label)
    return linearly(lambda part: Tensor(matrix_divergence(part.entries, frame), label), formula, label)


def laplacian(formula: Formulas) -> Formulas:
    """Laplacian Σ_j ∂²u/∂x_j²; of a vector that of each Cartesian component, which is div(grad(v))."""
    formula, frame = spatial_argument(formula, "laplacian", (0, 1))
    label = f"laplacian({formula})"
    if not formula.shape:
        return linearly(lambda part: laplacian_of(part, frame), formula, label)
    return linearly(lambda part: Tensor(vector_laplacian(part.entries, frame), label), formula, label)


def hessian(formula: Expr | Complex) -> Tensor | Complex:
    """The matrix of second derivatives, [i, j] = ∂²u/∂x_i∂x_j."""
    formula, frame = spatial_argument(formula, "hessian", (0,))
    label = f"hessian({formula})"
    return linearly(lambda part: gradient(gradient(part, frame, label), frame, label), formula, label)


def curl(formula: Formulas) -> Formulas:
    """In 3-D the vector ∇ × v; in 2-D the scalar ∂v_1/∂x_0 − ∂v_0/∂x_1 of a vector, or the vector (∂u/∂x_1, −∂u/∂x_0) of a scalar."""
    formula, frame = spatial_argument(formula, "curl", (0, 1))
    dimension, components = len(frame.axes), formula.shape[0] if formula.shape else 0
    if dimension not in (2, 3) or components != dimension and (components or dimension == 3):
        raise DeclarationError(
            f"curl takes a 3-vector in three dimensions and a 2-vector or a scalar in two, not {described(formula)} in {dimension}",
            hint="the dimension is the number of spatial coordinates of the domain",
        )
    label = f"curl({formula})"
    return linearly(lambda part: rotation(part, frame, label), formula, label)


def rotation(formula: Expr | Tensor, frame: Frame, label: str) -> Expr | Tensor:
    """The curl of a vector, or of a scalar in two dimensions."""
    if isinstance(formula, Expr):
        first, second = slopes(formula, frame)
        return Tensor((second, -first), label)
    change = vector_slopes(formula.entries, frame)

    def about(i: int, j: int) -> Expr:
        return change[j][i] - change[i][j]

    return about(0, 1) if len(change) == 2 else Tensor((about(1, 2), about(2, 0), about(0, 1)), label)


def dot(left: Tensor, right: Tensor) -> Formulas:
    """The sum over neighbouring indices: v·w = v_i w_i, (A v)_i = A_ij v_j, (v A)_j = v_i A_ij, (A B)_ik = A_ij B_jk."""
    left, right = ranked(left, "dot", (1, 2)), ranked(right, "dot", (1, 2))
    if left.shape[-1] != right.shape[0]:
        refuse_contraction("dot", left, right)
    label = f"dot({left}, {right})"
    return bilinearly(lambda a, b: contracted(a, b, label), left, right, label)


def contracted(left: Tensor, right: Tensor, label: str) -> Expr | Tensor:
    """The dot product of real vectors or matrices."""
    rows = (left.entries,) if len(left.shape) == 1 else left.entries
    columns = (right.entries,) if len(right.shape) == 1 else tuple(zip(*right.entries))
    products = tuple(tuple(contraction(row, column) for column in columns) for row in rows)
    if len(left.shape) == 1:
        return products[0][0] if len(right.shape) == 1 else Tensor(products[0], label)
    return Tensor(tuple(row[0] for row in products), label) if len(right.shape) == 1 else Tensor(products, label)


def contraction(left: tuple[Expr, ...], right: tuple[Expr, ...]) -> Expr:
    """Σ_i left_i right_i."""
    return add(*(multiply(a, b) for a, b in zip(left, right)))


def refuse_contraction(operator: str, left: Tensor, right: Tensor) -> None:
    """Raise the error of a product whose indices do not run over the same range."""
    raise DeclarationError(
        f"cannot take {operator} of {described(left)} and {described(right)}: shapes {left.shape} and {right.shape} do not fit",
        hint="the last index of the first and the first of the second must be equally long",
    )


def inner(left: Tensor, right: Tensor) -> Expr:
    """The sum over all indices: v_i w_i, A_ij B_ij. Nothing is conjugated: |v|² is inner(conj(v), v), or norm(v)**2."""
    left, right = ranked(left, "inner", (1, 2)), ranked(right, "inner", (1, 2))
    if left.shape != right.shape:
        refuse_shapes("take inner of", left, right)
    return bilinearly(lambda a, b: contraction(a.components, b.components), left, right, f"inner({left}, {right})")


def outer(left: Tensor, right: Tensor) -> Tensor:
    """The matrix [i, j] = v_i w_j."""
    left, right = ranked(left, "outer", (1,)), ranked(right, "outer", (1,))
    label = f"outer({left}, {right})"
    return bilinearly(lambda a, b: Tensor(tuple(tuple(multiply(x, y) for y in b.entries) for x in a.entries), label), left, right, label)


def cross(left: Tensor, right: Tensor) -> Formulas:
    """v × w: a vector of 3-vectors, the scalar v_0 w_1 − v_1 w_0 of 2-vectors."""
    left, right = ranked(left, "cross", (1,)), ranked(right, "cross", (1,))
    if left.shape != right.shape or len(left) not in (2, 3):
        refuse_contraction("cross", left, right)
    label = f"cross({left}, {right})"
    return bilinearly(lambda a, b: crossed(a, b, label), left, right, label)


def crossed(left: Tensor, right: Tensor, label: str) -> Expr | Tensor:
    """The cross product of real vectors."""
    def minor(i: int, j: int) -> Expr:
        return left.entries[i] * right.entries[j] - left.entries[j] * right.entries[i]

    if len(left) == 2:
        return minor(0, 1)
    return Tensor((minor(1, 2), minor(2, 0), minor(0, 1)), label)


def norm(vector: Tensor, eps: float = 0.0) -> Expr:
    """√(Σ |v_i|² + eps²). A norm that is differentiated where v = 0 needs eps > 0."""
    vector = ranked(vector, "norm", (1, 2))
    if not isinstance(eps, (int, float)) or isinstance(eps, bool) or not 0 <= eps < float("inf"):
        raise DeclarationError(f"eps of norm must be a number ≥ 0, not {described(eps)}", hint="norm(grad(u), eps=1e-6)")
    squares = (power(entry, Constant(2.0)) for entry in vector.components)
    return sqrt(add(*squares, Constant(float(eps) ** 2)))


def transpose(matrix: Tensor) -> Tensor:
    """[i, j] = A_ji."""
    matrix = ranked(matrix, "transpose", (2,))
    label = f"transpose({matrix})"
    return linearly(lambda part: Tensor(tuple(zip(*part.entries)), label), matrix, label)


def sym(matrix: Tensor) -> Tensor:
    """The symmetric part (A + Aᵀ)/2."""
    matrix = square_matrix(matrix, "sym")
    label = f"sym({matrix})"
    return linearly(lambda part: Tensor((0.5 * (part + transpose(part))).entries, label), matrix, label)


def trace(matrix: Tensor) -> Expr:
    """Σ_i A_ii."""
    matrix = square_matrix(matrix, "trace")
    return linearly(lambda part: add(*(part.entries[i][i] for i in range(len(part)))), matrix, f"trace({matrix})")


def square_matrix(value: object, operator: str) -> Tensor:
    """The operator's argument, which must be a matrix of as many rows as columns."""
    matrix = ranked(value, operator, (2,))
    if matrix.shape[0] != matrix.shape[1]:
        raise DeclarationError(
            f"{operator} takes a square matrix, not {described(matrix)}", hint="of grad(v), v needs one component per coordinate"
        )
    return matrix


def identity(size: int) -> Tensor:
    """The matrix with 1 on the diagonal and 0 elsewhere."""
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise DeclarationError(f"identity needs a number of rows ≥ 1, not {described(size)}", hint="identity(2)")
    return Tensor(tuple(tuple(ONE if i == j else ZERO for j in range(size)) for i in range(size)), f"identity({size})")

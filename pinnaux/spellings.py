"""Names that other libraries and textbooks have, and what pinnaux writes instead: for messages on names that a problem file does not know."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from pinnaux.symbolic.formula import SPELLINGS

NORMAL = "the outward normal belongs to the domain: n = domain.normal"
INTERVAL = "an interval is Interval(0, 1)"
RECTANGLE = "a rectangle is Rectangle((0, 0), (2, 1))"
BALL = "a ball is Ball((0, 0, 0), 1), its boundary the sphere"
TIME = "times are a factor of the domain: domain = Rectangle((0, 0), (2, 1)) * TimeInterval(0, 1), and then x, y, t = domain.coordinates"
CONDITION = 'every equation is a condition, with where it holds: Condition("wall", u == 0, on=domain.boundary)'
FLUX = 'a condition on the normal derivative is Condition("flux", dot(grad(u), domain.normal) == 0, on=domain.boundary)'
INITIAL = 'an initial condition is Condition("start", u == 0, on=domain.initial)'
PERIODIC = 'a periodic coordinate is declared by the domain: Interval(0, 1, periodic="x")'
DERIVATIVE = "derivatives are diff(u, x), diff(u, x, x), grad(u), laplacian(u)"
FIELD = 'an unknown function is Field("u", domain), a vector of them VectorField("velocity", domain)'
NUMBER = 'an unknown number is Parameter("k"), a known one just a number'

# In lower case, without underscores.
FOREIGN = MappingProxyType({
    **dict.fromkeys(("normal", "n", "normals", "facetnormal"), NORMAL),
    **dict.fromkeys(("line", "line1d", "segment", "unitinterval", "intervalmesh"), INTERVAL),
    **dict.fromkeys(("square", "unitsquare", "rect", "cartesiandomain", "hypercube"), RECTANGLE),
    **dict.fromkeys(("cube", "cuboid", "unitcube", "block"), "a box is Box((0, 0, 0), (1, 1, 1))"),
    **dict.fromkeys(("circle", "circledomain"), "a circle with what is in it is Disk((0, 0), 1), its boundary the circle"),
    **dict.fromkeys(("sphere", "hypersphere"), BALL),
    **dict.fromkeys(("cylinder", "pipe"), "a cylinder is Rectangle((0, 0), (1, 2)).cylindrical() where it is axisymmetric, else a Mesh"),
    **dict.fromkeys(("triangle", "parallelogram", "quad"), "what has straight edges is Polygon([(0, 0), (1, 0), (0, 1)])"),
    **dict.fromkeys(("geometry", "domain", "shape"), "domains are Interval, Rectangle, Polygon, Disk, Ellipse, Box, Ball and Mesh"),
    **dict.fromkeys(("time", "timedomain", "geometryxtime", "timespan", "t"), TIME),
    **dict.fromkeys(("pde", "equation", "eq", "constraint", "loss", "residual", "dirichlet", "dirichletbc", "bc"), CONDITION),
    **dict.fromkeys(("neumann", "neumannbc", "robin", "robinbc", "operatorbc", "fluxbc"), FLUX),
    **dict.fromkeys(("ic", "initialcondition"), INITIAL),
    **dict.fromkeys(("periodic", "periodicbc"), PERIODIC),
    **dict.fromkeys(("jacobian", "derivative", "differential", "d", "dx", "dt", "partial", "gradients", "nabla"), DERIVATIVE),
    **dict.fromkeys(("function", "unknown", "functionspace", "trialfunction", "testfunction", "net", "network", "model"), FIELD),
    **dict.fromkeys(("constant", "const", "trainablevariable"), NUMBER),
    "divergence": "the divergence is div(v)", "rot": "the rotation is curl(v)", "lap": "the Laplacian is laplacian(u)",
    "delta": "the Laplacian is laplacian(u)", "hess": "the matrix of second derivatives is hessian(u)", "ln": "the natural logarithm is log(u)",
    "e": "the exponential function is exp(u)", "i": "the imaginary unit is Python's 1j", "j": "the imaginary unit is Python's 1j",
    "np": "pinnaux has pi and functions of its own; NumPy is there after import numpy as np",
    "math": "pinnaux has pi and functions of its own; Python's modules are there after import math",
    "sigmoid": "write 1/(1 + exp(-u))", "pointset": "measured points are Observations",
})


def foreign(name: str) -> str:
    """What pinnaux writes instead of a name; nothing for a name that is not known from elsewhere."""
    known = FOREIGN.get(name.lower().replace("_", ""), "")
    return known or (f"pinnaux writes it {SPELLINGS[name]}" if name in SPELLINGS else "")


def taken_apart(names: Iterable[str], owner: str = "domain") -> str:
    """How coordinates of these names are taken apart."""
    listed = list(names)
    return f"write {', '.join(listed)}{',' * (len(listed) == 1)} = {owner}.coordinates"

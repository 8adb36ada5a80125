"""Every mistake is refused on the line that makes it, with what is wrong and a remedy: problem files with one planted mistake each."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from pinnaux import PinnauxError, load

START = """\
from pinnaux import *

domain = (Rectangle((0, 0), (1, 1)) - Disk((0.6, 0.5), 0.1, name="hole")) * TimeInterval(0, 1)
x, y, t = domain.coordinates
n = domain.normal
u = Field("u", domain)
velocity = VectorField("velocity", domain, components=("v", "w"))
psi = ComplexField("psi", domain)
steady = Field("steady", domain, depends_on=(x, y))
k = Parameter("k")
heat = Condition("heat", diff(u, t) == k * laplacian(u), on=domain)
"""

PROBES = 'probes = Observations({"x": [0.1], "y": [0.1], "t": [0.5], "T": [1.0]}, domain, columns=("T",))\n'

END = """
problem = Problem(fields=[u], conditions=[heat])
"""


LINE = 'line = Interval(0, 1)\ns = line.coordinates\nw = Field("w", line)\n'

EIGEN = 'lam = Eigenvalue("lam")\nmode = Condition("mode", -laplacian(u) == lam * u, on=domain)\n'


class Mistake(NamedTuple):
    """Code put after START (its wrong line ends in `# <-`), and words of the message's first part and of its hint."""

    code: str
    what: str
    hint: str


MISTAKES = {
    "vector plus scalar": Mistake(
        "grad(u) + u  # <-", "cannot add 2-vector grad(u) and scalar u: shapes (2,) and () differ", "dot(v, n) are scalars"),
    "scalar minus tuple": Mistake("u - (1, 2)  # <-", "cannot subtract scalar u and 2-vector (1, 2): shapes () and (2,) differ", "same shape"),
    "vectors of different length": Mistake(
        "velocity + (1, 2, 3)  # <-", "cannot add 2-vector velocity and 3-vector (1, 2, 3): shapes (2,) and (3,) differ", "same shape"),
    "product of vectors": Mistake("velocity * grad(u)  # <-", "cannot multiply 2-vector velocity and 2-vector grad(u)", "dot(a, b)"),
    "square of a vector": Mistake("grad(u)**2  # <-", "cannot take a power of 2-vector grad(u)", "dot(v, v)"),
    "division by a vector": Mistake("u / velocity  # <-", "cannot divide scalar u by 2-vector velocity", "norm(v"),
    "vector equals scalar": Mistake(
        'Condition("wall", velocity == 0, on=domain.boundary)  # <-', "cannot equate 2-vector velocity and number 0: shapes (2,) and ()", "is (0, 0)"),
    "scalar equals tuple": Mistake("u == (0, 0)  # <-", "cannot equate scalar u and 2-vector (0, 0): shapes () and (2,) differ", "same shape"),
    "array of values": Mistake(
        "import numpy\nu == numpy.linspace(0, 1, 5)  # <-", "cannot combine scalar u and a NumPy array of shape (5,)", "Observations"),
    "array on the left": Mistake(
        "import numpy\nnumpy.ones((5, 1)) * u  # <-", "cannot combine scalar u and a NumPy array of shape (5, 1)", "Observations"),
    "component out of range": Mistake("velocity[2]  # <-", "cannot take component [2] of 2-vector velocity", "numbered 0 to 1"),
    "component of a scalar": Mistake("u[0]  # <-", "cannot take component [0] of scalar u", "a scalar has no components"),
    "component by name": Mistake('velocity["v"]  # <-', "cannot take component [v] of 2-vector velocity", "numbered 0 to 1"),
    "unpacking a scalar": Mistake("a, b = u  # <-", "cannot iterate over scalar u", "VectorField"),
    "length of a scalar": Mistake("len(u)  # <-", "cannot take the length of scalar u", "VectorField"),
    "if on a comparison": Mistake("if u > 0:  # <-\n    pass", "cannot decide whether 0 < u is true", "where(u > 0, a, b)"),
    "chained comparison": Mistake("0 < x < 1  # <-", "cannot decide whether 0 < x is true", "(0 < x) & (x < 1)"),
    "and between comparisons": Mistake("x > 0 and y > 0  # <-", "cannot decide whether 0 < x is true", "& | ~ instead of and/or/not"),
    "not of a comparison": Mistake("not x > 0  # <-", "cannot decide whether 0 < x is true", "& | ~"),
    "builtin max": Mistake("max(u, 0)  # <-", "cannot decide whether u < 0 is true", "minimum and maximum instead of min and max"),
    "if on a formula": Mistake("if u:  # <-\n    pass", "cannot decide on the truth of scalar u", "where(u > 0, a, b)"),
    "unequal": Mistake("u != 0  # <-", "cannot compare by '!=' scalar u", "write =="),
    "brackets forgotten": Mistake("where(x > 0 & y > 0, 1, 0)  # <-", "cannot apply '&', '|' or '~' to scalar y", "in brackets"),
    "negated formula": Mistake("~x > 0  # <-", "cannot apply '~' to scalar x", "~(x > 0)"),
    "math function": Mistake("import math\nmath.sin(u)  # <-", "cannot make a number of scalar u", "not math's"),
    "number of a formula": Mistake("float(u)  # <-", "cannot make a number of scalar u", "a formula has no value yet"),
    "numpy function": Mistake("import numpy\nnumpy.sin(u)  # <-", "cannot apply NumPy's sin to scalar u", "from pinnaux import sin"),
    "numpy function spelt otherwise": Mistake(
        "import numpy\nnumpy.arctan2(u, x)  # <-", "cannot apply NumPy's arctan2 to scalar u", "pinnaux writes it atan2"),
    "numpy function of a vector": Mistake(
        "import numpy\nnumpy.linalg.norm(velocity)  # <-", "cannot apply NumPy's norm to 2-vector velocity", "pinnaux's own norm"),
    "numpy reduction": Mistake("import numpy\nnumpy.mean(u)  # <-", "cannot apply NumPy's mean to scalar u", "pointwise(f, derivative=g)"),
    "numpy array of formulas": Mistake("import numpy\nnumpy.array([u, x])  # <-", "cannot make a NumPy array of scalar u", "tuples"),
    "torch function": Mistake("import torch\ntorch.sin(u)  # <-", "cannot apply torch's sin to scalar u", "from pinnaux import sin"),
    "torch function pinnaux lacks": Mistake(
        "import torch\ntorch.special.bessel_j0(u)  # <-", "cannot apply torch's special_bessel_j0 to scalar u", "pointwise(f, derivative=g)"),
    "torch tensor": Mistake("import torch\ntorch.ones(3) * u  # <-", "cannot apply torch's mul to scalar u", "float("),
    "function of a vector": Mistake("sin(velocity)  # <-", "sin takes a scalar, not 2-vector velocity", "norm(v)"),
    "function of an array": Mistake("import numpy\nsin(numpy.ones(3))  # <-", "sin takes a formula or a number", "np.sin"),
    "logarithm of zero": Mistake("log(0)  # <-", "log(0) is not a number", "check the argument"),
    "division by zero": Mistake("u / 0  # <-", "division by zero", "divisor"),
    "not a number": Mistake('u + float("nan")  # <-', "cannot hold the number nan", "finite"),
    "text as formula": Mistake('u == "1"  # <-', "cannot equate scalar u and text '1'", "without quotation marks"),
    "truth as number": Mistake("u * (1 < 2)  # <-", "cannot multiply scalar u and bool True", "where"),
    "complex value of a real field": Mistake(
        'Condition("wall", u == 1j, on=domain.boundary)  # <-', "condition 'wall' holds no field in its imaginary part: u == 1j", "ComplexField"),
    "complex start of a real field": Mistake(
        'Condition("start", u == exp(1j * x), on=domain.initial)  # <-', "no field in its imaginary part: u == exp(1j*x)", "ComplexField"),
    "array of complex values": Mistake(
        "import numpy\npsi == numpy.exp(1j * numpy.ones(5))  # <-", "cannot combine complex scalar psi and a NumPy array of shape (5,)", "Observations"),
    "numpy's conjugate": Mistake("import numpy\nnumpy.conj(psi)  # <-", "cannot apply NumPy's conjugate to complex scalar psi", "pinnaux writes it conj"),
    "components of a complex field of one name": Mistake(
        'ComplexField("q", domain, components=("a", "a"))  # <-', "field q and its components (a, a) need names that differ", "components="),
    "order of complex formulas": Mistake("psi < 1  # <-", "cannot order number 1 and complex scalar psi", "abs(z)"),
    "real formula before complex number": Mistake("x > 1j  # <-", "cannot order complex 1j and scalar x", "abs(z)"),
    "complex number that is none": Mistake('psi == complex("nan")  # <-', "cannot hold the number nan", "finite"),
    "infinite imaginary part": Mistake('u * complex(0, float("inf"))  # <-', "cannot hold the number inf", "finite"),
    "real part of a text": Mistake('real("psi")  # <-', "cannot take the real part of text 'psi'", "without quotation marks"),
    "conjugate of an array": Mistake("import numpy\nconj(numpy.ones(3))  # <-", "cannot conjugate NumPy array of shape (3,)", "formula"),
    "root of a complex formula as a power": Mistake("psi**0.5  # <-", "cannot take other than whole powers of complex scalar psi", "exp(p*log(z))"),
    "complex power": Mistake("2**psi  # <-", "cannot raise to the power of complex scalar psi", "exp(z*log(b))"),
    "division by the complex zero": Mistake("psi / 0j  # <-", "division by zero", "divisor"),
    "logarithm of the complex zero": Mistake("log(0j)  # <-", "log(0j) is not a number", "check the argument"),
    "sign of a complex formula": Mistake("sign(psi)  # <-", "sign takes real formulas, not complex scalar psi", "abs(z)"),
    "function of a complex vector": Mistake("exp(grad(psi))  # <-", "exp takes a scalar, not complex 2-vector grad(psi)", "components"),
    "complex scalar plus vector": Mistake("psi + velocity  # <-", "cannot add complex scalar psi and 2-vector velocity: shapes () and (2,) differ", "same shape"),
    "vector of complex formulas": Mistake("Tensor((psi, u))  # <-", "a vector cannot hold complex scalar psi", "real(z)"),
    "choice by a complex equation": Mistake("where(psi == 0, 1, 0)  # <-", "where needs a comparison of scalars", "abs(z)"),
    "complex field named like a coordinate": Mistake('ComplexField("t", domain)  # <-', "field 't' has the name of a coordinate", "another name"),
    "part of a complex field that is not declared": Mistake(
        'c = Condition("c", psi == 0, on=domain)  # <-\nProblem(fields=[u], conditions=[heat, c])',
        "condition 'c' holds a field psi_real that is not in fields=", "add psi"),
    "complex coordinates": Mistake(
        'import numpy\nObservations({"x": numpy.array([1j]), "y": [0.1], "t": [0.5], "T": [1.0]}, domain, columns=("T",))  # <-',
        "column 'x' is complex", "x.real"),
    "complex exact solution of a real field": Mistake(
        'Problem(fields=[u], conditions=[heat], exact={"u": exp(1j * x)})  # <-', "exact 'u' is the complex scalar exp(1j*x), but u is a scalar", "ComplexField"),
    "output named like a part of a complex one": Mistake(
        'Problem(fields=[u], conditions=[heat], outputs={"q": u + 1j, "q_real": 2 * u})  # <-', "two of the outputs are written as 'q_real'", "rename"),
    "formula called": Mistake("u(x, t)  # <-", "cannot call scalar u", "it is a formula already"),
    "law of a field": Mistake("steady(u)  # <-", "cannot call scalar steady", "an unknown law of u as b0 + b1*u"),
    "function not called": Mistake("u + sin  # <-", "cannot add scalar u and function sin", "call it"),
    "formula changed": Mistake("u.name = 'T'  # <-", "cannot set 'name' of scalar u", "immutable"),
    "remainder": Mistake("x % 1  # <-", "cannot take the remainder of scalar x", "periodic"),
    "derivative in a coordinate the field lacks": Mistake(
        "diff(steady, t)  # <-", "cannot differentiate scalar steady in t: steady depends on x, y", "known: 'x', 'y'"),
    "derivative of a number": Mistake("diff(3 * k, x)  # <-", "cannot differentiate scalar 3*k in x", "no derivative"),
    "derivative by a name": Mistake('diff(u, "x")  # <-', "cannot differentiate scalar u in text 'x'", "domain.coordinates"),
    "order as a number": Mistake("diff(u, x, 2)  # <-", "cannot differentiate scalar u in number 2", "diff(u, x, x)"),
    "derivative in nothing": Mistake("diff(u)  # <-", "diff needs a coordinate", "diff(u, x)"),
    "derivative by a field": Mistake("diff(u, velocity)  # <-", "in 2-vector velocity: it is not a coordinate", "domain.coordinates"),
    "gradient of a number": Mistake("grad(3)  # <-", "no field or coordinate in it tells its domain", "write 0"),
    "gradient of time": Mistake("grad(t)  # <-", "nothing in it depends on space (x, y)", "never act on time"),
    "gradient of a matrix": Mistake("grad(hessian(u))  # <-", "grad takes a scalar or a vector, not 2x2-matrix hessian(u)", "give"),
    "divergence of a scalar": Mistake("div(u)  # <-", "div takes a vector or a matrix, not scalar u", "laplacian"),
    "divergence of too many components": Mistake("div((u, u, u))  # <-", "div takes a 2-vector here, not 3-vector (u, u, u)", "time not counted"),
    "dot of a scalar": Mistake("dot(u, n)  # <-", "dot takes a vector or a matrix, not scalar u", "give a vector"),
    "dot of vectors that differ": Mistake("dot(velocity, (1, 2, 3))  # <-", "shapes (2,) and (3,) do not fit", "equally long"),
    "inner of shapes that differ": Mistake("inner(velocity, grad(velocity))  # <-", "shapes (2,) and (2, 2) differ", "same shape"),
    "curl of three components in the plane": Mistake("curl((u, u, u))  # <-", "not 3-vector (u, u, u) in 2", "dimension"),
    "norm of a scalar": Mistake("norm(u)  # <-", "norm takes a vector or a matrix, not scalar u", "abs(u)"),
    "negative eps": Mistake("norm(velocity, eps=-1)  # <-", "eps of norm must be a number", "eps=1e-6"),
    "trace of a vector": Mistake("trace(velocity)  # <-", "trace takes a matrix, not 2-vector velocity", "matrix"),
    "ragged matrix": Mistake("Tensor(((1, 2), (3,)))  # <-", "the rows of a matrix must be equally long", "((a, b), (c, d))"),
    "derivative of data": Mistake(
        'probes = Observations({"x": [0.1], "y": [0.1], "t": [0.5], "T": [1.0]}, domain, columns=("T",))\ndiff(u * probes["T"], x)  # <-',
        "cannot differentiate the measured column 'T' in x", "differentiate the field"),
    "derivative of the normal": Mistake("div(u * n)  # <-", "cannot differentiate the normal component n_x in x", "dot("),
    "region of another domain": Mistake(
        'Condition("walls", u == 0, on=(Disk((0, 0), 5) * TimeInterval(0, 1)).boundary)  # <-', "of the region lies outside", "take the region from the field's own domain"),
    "pointwise without derivative": Mistake(
        "def law(a):\n    return a.sigmoid()\ndiff(pointwise(law)(u), x)  # <-", "cannot differentiate law(u) in x", "pointwise(law, derivative=g)"),
    "where without comparison": Mistake("where(1 > 2, u, 0)  # <-", "where needs a comparison of formulas first, not bool False", "a if c < 1 else b"),
    "where with vector branches": Mistake("where(x > 0, velocity, 0)  # <-", "where takes a scalar, not 2-vector velocity", "components"),
    "where comparing vectors": Mistake("where(velocity == (0, 0), 1, 0)  # <-", "where needs a comparison of scalars", "components"),
    "ordering vectors": Mistake("velocity > (0, 0)  # <-", "cannot order 2-vector velocity", "norm(v)"),
    "field name of two words": Mistake('Field("two words", domain)  # <-', "a field needs a name that is one word", 'Field("u", domain)'),
    "field named like a coordinate": Mistake('Field("t", domain)  # <-', "field 't' has the name of a coordinate", "another name"),
    "field on a region": Mistake('Field("q", domain.boundary)  # <-', "field q needs a domain", "whole domain"),
    "field on a foreign coordinate": Mistake(
        'z = Box((0, 0, 0), (1, 1, 1)).coordinates[2]\nField("q", domain, depends_on=(z,))  # <-', "field q cannot depend on z", "known: 'x', 'y', 't'"),
    "field on names": Mistake('Field("q", domain, depends_on=("x",))  # <-', "must be a tuple of coordinates", "domain.coordinates"),
    "components of one name": Mistake(
        'VectorField("q", domain, components=("a", "a"))  # <-', "vector field q and its components (a, a) need names that differ", "components="),
    "parameter outside its bounds": Mistake(
        'Parameter("c", initial=3, lower=0, upper=2)  # <-', "the initial value 3 of parameter c is not between 0 and 2", "inside"),
    "parameter bounds exchanged": Mistake('Parameter("c", 1, lower=2, upper=0)  # <-', "lower 2 is not below upper 0", "exchange"),
    "parameter positive and negative": Mistake(
        'Parameter("c", initial=1, lower=-1, positive=True)  # <-', "declared positive and has the lower bound -1", "leave out one"),
    "eigenvalue near a text": Mistake('Eigenvalue("lam", near="ten")  # <-', "near of eigenvalue lam must be a finite number, not text 'ten'", "leave it out"),
    "eigenvalue without a name": Mistake("Eigenvalue(5)  # <-", "an eigenvalue needs a name that is one word, not number 5", ""),
    "unknown boundary": Mistake('domain.boundary["hoel"]  # <-', "hoel", "did you mean 'hole'?"),
    "predicate that matches nothing": Mistake("domain.boundary.where(x == 7)  # <-", "no point of the whole boundary satisfies x == 7", "0 <= x <= 1"),
    "predicate on a field": Mistake("domain.boundary.where(u > 0)  # <-", "u", ""),
    "no name": Mistake('Condition(u == 0, "c", on=domain)  # <-', "a condition needs a name first, not Equation u == 0", "Condition("),
    "empty name": Mistake('Condition("", u == 0, on=domain)  # <-', "a condition needs a name first, not an empty text", "Condition("),
    "formula instead of equation": Mistake('Condition("c", laplacian(u), on=domain)  # <-', "needs an equation, not scalar u_xx + u_yy", "== 0"),
    "numbers compared": Mistake('Condition("c", 1 == 2, on=domain)  # <-', "needs an equation, not False: numbers or tuples were compared", "formula must stand"),
    "inequality as condition": Mistake('Condition("c", u > 0, on=domain)  # <-', "not the inequality 0 < u", "minimum(u, 0) == 0"),
    "name of a region": Mistake('Condition("c", u == 0, on="hole")  # <-', "holds on a region or domain, not on text 'hole'", 'domain.boundary["hole"]'),
    "condition without field": Mistake('Condition("c", x == 1, on=domain)  # <-', "condition 'c' holds no field: x == 1", "about a field"),
    "field that cancels by zero": Mistake('Condition("c", 0 * u == 1, on=domain)  # <-', "condition 'c' holds no field: 0 == 1", "about a field"),
    "normal in the interior": Mistake(
        'Condition("c", dot(grad(u), n) == 0, on=domain)  # <-', "'c' on interior uses the normal n_x: only a boundary has normals", "domain.boundary"),
    "normal at the initial time": Mistake('Condition("c", u == n[0], on=domain.initial)  # <-', "only a boundary has normals", "domain.boundary"),
    "region without time": Mistake(
        'Condition("c", u == 0, on=Rectangle((0, 0), (1, 1)).boundary)  # <-', "field u depends on t, which the region's domain lacks", "own domain"),
    "coordinate of another domain": Mistake(
        's, = Interval(0, 1, names="s").coordinates\nCondition("c", u == s, on=domain)  # <-', "it uses s, which the region's domain lacks", "own domain"),
    "data on another region": Mistake(
        'probes = Observations({"x": [0.1], "y": [0.1], "t": [0.5], "T": [1.0]}, domain, columns=("T",))\n'
        'Condition("c", u == probes["T"], on=domain)  # <-',
        "uses the measured column 'T' of observations given as arrays (1 points)", "own points"),
    "noise of an equation": Mistake(
        'Condition("c", u == 0, on=domain.boundary, noise=0.1)  # <-', "condition 'c' on whole boundary has noise, but nothing is measured there", "on=<observations>"),
    "noise of zero": Mistake(PROBES + 'Condition("c", u == probes["T"], on=probes, noise=0)  # <-', "must be a positive number, but it is 0 at row 1", "standard deviation"),
    "noise from a column with a zero": Mistake(
        'probes = Observations({"x": [0.1, 0.2], "y": [0.1, 0.1], "t": [0.5, 0.5], "T": [1, 2], "s": [0.1, 0]}, domain, columns=("T", "s"))\n'
        'Condition("c", u == probes["T"], on=probes, noise=probes["s"])  # <-', "but it is 0 at row 2 of observations", "standard deviation"),
    "noise that is unknown": Mistake(PROBES + 'Condition("c", u == probes["T"], on=probes, noise=k)  # <-', "the noise of condition 'c' holds the unknown k", "leave it out"),
    "noise of too many components": Mistake(
        PROBES + 'Condition("c", u == probes["T"], on=probes, noise=(1, 2))  # <-', "is 2-vector (1, 2), but the equation has 1 component", "as many as there are"),
    "noise as text": Mistake(PROBES + 'Condition("c", u == probes["T"], on=probes, noise="1")  # <-', "the noise of condition 'c' cannot be text '1'", "quotation"),
    "observations without the column": Mistake(
        'probes = Observations({"x": [0.1], "y": [0.1], "t": [0.5], "T": [1.0]}, domain, columns=("T",))\nprobes["t"]  # <-',
        "have no column 't'", "did you mean 'T'?"),
    "column without a comma": Mistake('Observations("probes.csv", domain, columns="T")  # <-', "columns must be a tuple of names, not text 'T'", '("T",)'),
    "two conditions of one name": Mistake(
        'Problem(fields=[u], conditions=[heat, Condition("heat", u == 0, on=domain.boundary)])  # <-', "two of the conditions are named 'heat'", "differ"),
    "two fields of one name": Mistake(
        'Problem(fields=[u, Field("u", domain)], conditions=[heat])  # <-', "two of the fields, parameters and functions are named 'u'", "own name"),
    "field that is not declared": Mistake(
        'wall = Condition("wall", velocity == (0, 0), on=domain)  # <-\nProblem(fields=[u], conditions=[heat, wall])',
        "condition 'wall' holds a field v that is not in fields=", "add v to it"),
    "field declared twice": Mistake(
        'Problem(fields=[Field("u", domain)], conditions=[heat])', "condition 'heat' holds a field u that is not the one in fields=", "declare the field once"),
    "field without condition": Mistake("Problem(fields=[u, velocity], conditions=[heat])  # <-", "no condition constrains field v", "leave it out"),
    "no conditions": Mistake("Problem(fields=[u], conditions=[])  # <-", "conditions must be a list of Condition, not an empty list", "[…]"),
    "one condition without a list": Mistake("Problem(fields=[u], conditions=heat)  # <-", "conditions must be a list of Condition", "[…]"),
    "equation among the conditions": Mistake("Problem(fields=[u], conditions=[heat, u == 0])  # <-", "which is no Condition", 'Condition("name"'),
    "parameter among the fields": Mistake("Problem(fields=[u, k], conditions=[heat])  # <-", "fields holds scalar k, which is no Field", "leave them out"),
    "output named like another field": Mistake(
        'Problem(fields=[u], conditions=[heat], outputs={"u": 2 * u})  # <-', "output 'u' is scalar 2*u, but u is also the name of scalar u", "another name"),
    "output of an undeclared field": Mistake(
        'Problem(fields=[u], conditions=[heat], outputs={"v": velocity})  # <-', "output 'v' holds a field v that is not in fields=", "add v"),
    "output with a normal": Mistake('Problem(fields=[u], conditions=[heat], outputs={"q": dot(grad(u), n)})  # <-', "the normal n_x", "coordinates only"),
    "output of an unknown parameter": Mistake(
        'Problem(fields=[u], conditions=[heat], outputs={"q": Parameter("c") * u})  # <-', "parameter c, which no condition determines", "in a condition"),
    "outputs as a list": Mistake("Problem(fields=[u], conditions=[heat], outputs=[u])  # <-", "outputs must be a dictionary", '{"u": u}'),
    "exact of a misspelt name": Mistake(
        'Problem(fields=[u], conditions=[heat], exact={"U": x})  # <-', "exact names 'U', which is neither a field nor an output", "did you mean 'u'?"),
    "exact with an unknown": Mistake('Problem(fields=[u], conditions=[heat], exact={"u": k * x})  # <-', "exact 'u' holds the unknown k", "coordinates"),
    "exact of another shape": Mistake(
        'Problem(fields=[u], conditions=[heat], exact={"u": (x, y)})  # <-', "shapes (2,) and () differ", "each component"),
    "accuracy below zero": Mistake("Problem(fields=[u], conditions=[heat], accuracy=-1)  # <-", "accuracy must be a positive number", "leave it out"),
    "time limit as text": Mistake('Problem(fields=[u], conditions=[heat], time_limit="1h")  # <-', "time_limit must be a positive number", "leave it out"),
    "two domains without a common one": Mistake(
        'other = Interval(0, 1, names="s") * TimeInterval(0, 1)\nq = Field("q", other)\n'
        'Problem(fields=[u, q], conditions=[heat, Condition("c", q == 0, on=other)])  # <-',
        "field q depends on s, but the largest domain", "depends_on"),
    "coordinate that is space here and time there": Mistake(
        'other = Interval(0, 1, names="t")\nq = Field("q", other)\n'
        'Problem(fields=[u, q], conditions=[heat, Condition("c", q == 0, on=other)])  # <-',
        "coordinate t means different things", "another name"),
    "periodic here and not there": Mistake(
        'other = Interval(0, 1, periodic=("x",))\nq = Field("q", other)\n'
        'Problem(fields=[u, q], conditions=[heat, Condition("c", q == 0, on=other)])  # <-',
        "coordinate x means different things", "one domain"),
    "polar vector of three components": Mistake(
        'VectorField("q", Rectangle((1, 0), (2, 1)).polar(), components=("a", "b", "c"))  # <-',
        "vector field q has 3 components, but in polar coordinates a vector has 2", "along (r, theta)"),
    "cylindrical vector of two components": Mistake(
        'VectorField("q", Rectangle((0, 0), (1, 2)).cylindrical(), components=("a", "b"))  # <-',
        "vector field q has 2 components, but in cylindrical coordinates a vector has 3", "along (r, theta, z); 0 stands for a component that is not there"),
    "cylindrical vector of zeros": Mistake(
        'VectorField("q", Interval(0, 1).cylindrical(), components=(0, 0, 0))  # <-', "components (0, 0, 0) need names that differ", "components="),
    "zero as a Cartesian component": Mistake('VectorField("q", domain, components=("a", 0))  # <-', "needs a name that is one word, not number 0", "letters"),
    "divergence of two components in cylindrical coordinates": Mistake(
        'pipe = Rectangle((1, 0), (2, 2)).cylindrical()\na, b = Field("a", pipe), Field("b", pipe)\ndiv((a, b))  # <-',
        "div takes 3 components along each index in cylindrical coordinates, not 2-vector (a, b)", "along (r, theta, z), 0 where there is none"),
    "scalars as components of a vector around an axis": Mistake(
        'pipe = Rectangle((0, 0), (1, 2)).cylindrical()\na, b = Field("a", pipe), Field("b", pipe)\ndiv((a, 0, b))  # <-',
        "a is declared as a scalar, which is smooth on the axis", 'VectorField("v", domain, components=(…))'),
    "spherically symmetric vector along an angle": Mistake(
        'ball = Interval(0, 1).spherical()\ngrad(VectorField("q", ball, components=("a", "b", 0)))  # <-',
        "with spherical symmetry a vector points along r", "other components are 0"),
    "component that can never hold": Mistake(
        'pipe = Rectangle((0, 0), (1, 2)).cylindrical()\nq = VectorField("q", pipe, components=("a", 0, "b"))\n'
        'Condition("spin", q == (0, 1, 0), on=pipe.boundary)  # <-',
        "component spin[1] of condition 'spin' can never hold: -1 == 0", "no field is in it"),
    "condition on the axis": Mistake(
        'Rectangle((0, 0), (1, 2)).cylindrical().boundary["left"]  # <-', "has no boundary part 'left'", "it is the axis, inside the domain"),
    "condition on a periodic side": Mistake(
        'Rectangle((1, 0), (2, 2*pi)).polar().boundary["bottom"]  # <-', "has no boundary part 'bottom'", "join it to the opposite side"),
    "negative radius": Mistake("Rectangle((-1, 0), (1, 1)).polar()  # <-", "r runs from -1 to 1", "the order of coordinates is (r, theta)"),
    "polar angle beyond pi": Mistake("Rectangle((0, 0), (1, 6)).spherical()  # <-", "theta runs from 0 to 6", "(r, theta)"),
    "angle in degrees": Mistake("Rectangle((0, 0), (1, 360)).polar()  # <-", "theta runs from 0 to 360", "angles are in radians"),
    "polar coordinates in space": Mistake(
        "Box((0, 0, 0), (1, 1, 1)).polar()  # <-", "polar coordinates are (r, theta), but Box((0, 0, 0), (1, 1, 1)) has 3 coordinates", ".cylindrical()"),
    "polar coordinates of a domain with time": Mistake(
        "(Interval(0, 1) * TimeInterval(0, 1)).polar()  # <-", "only a domain without time is made polar", "* TimeInterval(0, 1)"),
    "polar coordinates twice": Mistake("Interval(0, 1).polar().polar()  # <-", "are polar already", "once"),
    "polar coordinates of a region": Mistake("Interval(0, 1).boundary.polar()  # <-", "has no attribute 'polar'", "the line reads"),
    "polar domain less a Cartesian one": Mistake(
        'Rectangle((1, 0), (2, 1)).polar() - Disk((1.5, 0.5), 0.1, names=("r", "theta"))  # <-',
        "their coordinates are (r, theta), polar and (r, theta)", "same coordinate names"),
    "region in other coordinates": Mistake(
        'ring = Rectangle((1, 0), (2, 1)).polar()\nq = Field("q", ring)\n'
        'Condition("inside", q == 0, on=Rectangle((1, 0), (2, 1), names=("r", "theta")))  # <-',
        "field q depends on r, which is polar there but space in the region's domain", "own domain"),
    "fields in different coordinates": Mistake(
        'ring, strip = Rectangle((1, 0), (2, 1)).polar(), Rectangle((1, 0), (2, 1), names=("r", "theta"))\n'
        'laplacian(Field("a", ring) * Field("b", strip))  # <-',
        "its fields live in polar and in Cartesian coordinates", "one domain"),
    "modes without an eigenvalue": Mistake(
        "Problem(fields=[u], conditions=[heat], modes=3)  # <-", "modes=3, but no condition holds an eigenvalue", 'Eigenvalue("lam")'),
    "no modes": Mistake(EIGEN + "Problem(fields=[u], conditions=[mode], modes=0)  # <-", "modes must be a whole number from 1 to 100, not number 0", "modes=4"),
    "modes as a list": Mistake(EIGEN + "Problem(fields=[u], conditions=[mode], modes=[1, 2])  # <-", "modes must be a whole number from 1", "modes=4"),
    "two eigenvalues": Mistake(
        EIGEN + 'other = Condition("other", u == Eigenvalue("mu") * dot(grad(u), n), on=domain.boundary)\n'
        "Problem(fields=[u], conditions=[mode, other])  # <-", "an eigenvalue problem with two eigenvalues, lam and mu", "modes=…"),
    "eigenvalue beside a parameter": Mistake(
        EIGEN + 'other = Condition("other", k * u == dot(grad(u), n), on=domain.boundary)\n'
        "Problem(fields=[u], conditions=[mode, other])  # <-", "an eigenvalue problem with two unknown numbers, lam and k", "keep one"),
    "exact mode": Mistake(
        EIGEN + 'Problem(fields=[u], conditions=[mode], exact={"u": x})  # <-', "exact names 'u', but a mode is known up to its sign only", "eigenvalues of the solution"),
    "square of the eigenvalue": Mistake(
        EIGEN + 'c = Condition("c", -laplacian(u) == lam**2 * u, on=domain)  # <-\nProblem(fields=[u], conditions=[c])',
        "condition 'c' of an eigenvalue problem is not linear in lam: it holds lam^2", "v == lam*u"),
    "eigenvalue in a function": Mistake(
        EIGEN + 'c = Condition("c", -laplacian(u) == exp(lam) * u, on=domain)  # <-\nProblem(fields=[u], conditions=[c])',
        "is not linear: it holds scalar exp(lam)", "without functions of unknowns"),
    "eigenvalue problem with a source": Mistake(
        EIGEN + 'c = Condition("c", u == 1, on=domain.boundary)  # <-\nProblem(fields=[u], conditions=[mode, c])',
        "condition 'c' of an eigenvalue problem is not homogeneous: the term -1 holds no field", "∫ u² = 1"),
    "eigenvalue problem that is nonlinear": Mistake(
        EIGEN + 'c = Condition("c", u * diff(u, x) == lam * u, on=domain)  # <-\nProblem(fields=[u], conditions=[c])',
        "is not linear in its fields: it holds scalar u*u_x", "linear in its fields"),
    "misspelt name": Mistake('Feild("q", domain)  # <-', "NameError: name 'Feild' is not defined", "did you mean 'Field'?"),
    "python division by zero": Mistake("1 / 0  # <-", "ZeroDivisionError: division by zero", "the line reads: 1 / 0"),
    "missing module": Mistake("import measured_law  # <-", "No module named 'measured_law'", "measured_law.py beside the problem file"),
    "syntax": Mistake("u = (1 +  # <-", "SyntaxError", "the line reads: u = (1 +"),
    "missing argument": Mistake('Condition("c")  # <-', "missing 1 required positional argument: 'equation'", "it is called as Condition(name, equation, on"),
    "power that is too large": Mistake("(x*0 + 10.0)**400  # <-", "10 ** 400 is too large a number", "scale"),
    "power with a caret": Mistake("u^2  # <-", "cannot apply '^' to", "u**2"),
    "one equality sign": Mistake('Condition("c", u = 0, on=domain)  # <-', "unexpected keyword argument 'u'", "two equality signs: u == …"),
    "misspelt keyword": Mistake("Problem([u], [heat], exakt={})  # <-", "unexpected keyword argument 'exakt'", "did you mean 'exact'?"),
    "corners without brackets": Mistake("Rectangle(0, 0, 1, 1)  # <-", "were given", "it is called as Rectangle(lower, upper"),
    "misspelt attribute": Mistake("domain.boundry  # <-", "no attribute 'boundry'", "did you mean 'boundary'?"),
    "part as an attribute": Mistake("domain.boundary.left  # <-", "no attribute 'left'", 'in brackets: ["left"]'),
    "derivative as a method": Mistake("laplacian(u).diff(t)  # <-", "no attribute 'diff'", "it is a function: diff(…)"),
    "name in capitals": Mistake("laplacian(U)  # <-", "name 'U' is not defined", "did you mean 'u'?"),
    "misspelt package": Mistake("import pinaux  # <-", "No module named 'pinaux'", "did you mean 'pinnaux'?"),
    "condition that does not say where": Mistake('Condition("c", u == 0)  # <-', "condition 'c' does not say where it holds: u == 0", "on=domain"),
    "integral over a name": Mistake('integral(u, over="x")  # <-', "not over text 'x'", "over=domain, over=domain.boundary"),
    "integral of an integral": Mistake(
        "integral(u * integral(u, over=t), over=t)  # <-", "it holds an integral already, integral(u, over=t)", "make the inner integral a field"),
    "integral over what nothing depends on": Mistake("integral(steady, over=t)  # <-", "cannot integrate scalar steady over t: steady depends on x, y", "length"),
    "integral over a coordinate through a hole": Mistake("integral(u, over=x)  # <-", "the interval of x in", "start=…, end=…"),
    "integral over a coordinate without a field": Mistake("integral(x**2, over=x)  # <-", "no field in it tells the interval", "start=…, end=…"),
    "integral to infinity of what is known on a bounded domain": Mistake(
        "from math import inf\nintegral(u, over=t, end=inf)  # <-", "cannot integrate scalar u to end=inf", "leave end= out"),
    "integral over a region from a number": Mistake("integral(u, over=domain, start=0)  # <-", "start and end of an integral belong to", "over=x"),
    "integral over measured points": Mistake(
        'probes = Observations({"x": [0.1], "y": [0.1], "t": [0.5]}, domain)\nintegral(u, over=probes)  # <-', "a list of points has no measure", "part of it"),
    "integral of measured values": Mistake(
        'probes = Observations({"x": [0.1], "y": [0.1], "t": [0.5], "T": [1.0]}, domain, columns=("T",))\nintegral(u - probes["T"], over=domain)  # <-',
        "cannot integrate the measured column 'T'", "own points"),
    "integral of the normal along a coordinate": Mistake("integral(u * n[0], over=t)  # <-", "cannot integrate the normal n_x along scalar t", "outside of the integral"),
    "integral of the normal over the inside": Mistake("integral(u * n[0], over=domain)  # <-", "only a boundary has normals", "domain.boundary"),
    "end that is not known": Mistake("integral(u, over=t, end=k)  # <-", "an integral cannot have end=k: k is not known before", "coordinates and numbers"),
    "end that is text": Mistake('integral(u, over=t, end="t")  # <-', "end of an integral cannot be text 't'", "without quotation marks"),
    "integral from infinity down": Mistake('s = Variable("s")\nintegral(exp(s), over=s, start=float("inf"), end=0)  # <-', "runs backwards", "exchange"),
    "variable without ends": Mistake('s = Variable("s")\nintegral(at(u, t=s), over=s)  # <-', "the integral over the variable s needs start= and end=", "over=s"),
    "variable that is not in the integral": Mistake('s = Variable("s")\nintegral(u, over=s, start=0, end=1)  # <-', "it does not hold s", "at(u, x=s)"),
    "variable that is not integrated over": Mistake('s = Variable("s")\nintegral(s * u, over=t)  # <-', "the variable s in it is not the one integrated over", "over=s"),
    "variable outside of its integral": Mistake(
        's = Variable("s")\nCondition("c", u == s, on=domain)  # <-', "condition 'c': the variable s has no value outside of its integral", "over=s"),
    "variable as an end": Mistake('s = Variable("s")\nintegral(u, over=t, end=s)  # <-', "an integral cannot have end=s", "the point's coordinates"),
    "name of a variable": Mistake('Variable("a b")  # <-', "a Variable needs a name that is one word", 's = Variable("s")'),
    "place of a coordinate that the field lacks": Mistake("at(steady, t=0)  # <-", "cannot take scalar steady at t=0: steady depends on x, y", "known: 'x', 'y'"),
    "place that is not known": Mistake("at(u, t=u)  # <-", "cannot take scalar u at t=u: u is not known before", "coordinates and numbers"),
    "law at a field": Mistake("at(steady, x=u)  # <-", "cannot take scalar steady at x=u: u is not known before", "an unknown law of u is b0 + b1*u"),
    "no place": Mistake("at(u)  # <-", "at needs a place for scalar u", "at(u, x=0)"),
    "normal elsewhere": Mistake("at(u * n[0], t=0)  # <-", "n_x is known at the region's own points only", "at(u, x=0)"),
    "place outside of the domain": Mistake(
        'Condition("c", u == at(u, t=t - 1), on=domain)  # <-', "condition 'c' asks for u at t = -", "inside the field's domain"),
    "place in a hole": Mistake('Condition("c", u == at(u, x=0.6, y=0.5), on=domain)  # <-', "condition 'c' asks for u at (0.6, 0.5, ", "inside the field's domain"),
    "integral through a hole": Mistake(
        'passing = integral(u, over=x, start=0, end=1)  # <-\nCondition("c", u == passing, on=domain.boundary["left"])', "asks for u at (", "inside the field's domain"),
    "integral beyond the domain": Mistake(
        's = Variable("s")\nhistory = integral(at(u, t=s), over=s, start=0, end=2 * t)  # <-\nCondition("c", u == history, on=domain)',
        "but field u is known for 0 <= t <= 1", "inside the field's domain"),
    "one coordinate without its comma": Mistake(
        LINE + "sin(pi * s)  # <-", "the coordinates (x,) are a tuple, not a number", "write x, = domain.coordinates (the comma takes a tuple of one apart)"),
    "one coordinate without its comma, plus a number": Mistake(LINE + "s + 1  # <-", "the coordinates (x,) are a tuple", "x, = domain.coordinates"),
    "one coordinate without its comma, negated": Mistake(LINE + "-s  # <-", "the coordinates (x,) are a tuple", "x, = domain.coordinates"),
    "one coordinate without its comma, compared": Mistake(LINE + "line.where(s < 0.5)  # <-", "the coordinates (x,) are a tuple", "x, = domain.coordinates"),
    "one coordinate without its comma, equated": Mistake(
        LINE + "line.boundary.where(s == 0)  # <-", "the coordinates (x,) are a tuple", "x, = domain.coordinates"),
    "one coordinate without its comma, times a field": Mistake(
        LINE + "w * s  # <-", "cannot multiply scalar w and 1-vector (x,): shapes () and (1,) differ", "x, = domain.coordinates"),
    "one coordinate without its comma, equal to a field": Mistake(LINE + "s == w  # <-", "cannot equate scalar w and 1-vector (x,)", "x, = domain.coordinates"),
    "one coordinate without its comma, in a derivative": Mistake(
        LINE + "diff(w, s)  # <-", "cannot differentiate scalar w in 1-vector (x,)", "x, = domain.coordinates"),
    "one coordinate without its comma, in a function": Mistake(LINE + "exp(s)  # <-", "exp takes a scalar, not 1-vector (x,)", "x, = domain.coordinates"),
    "one coordinate without its comma, in an integral": Mistake(LINE + "integral(w, over=s)  # <-", "not over 1-vector (x,)", "x, = domain.coordinates"),
    "coordinates called": Mistake("domain.coordinates()  # <-", "the coordinates (x, y, t) are a tuple, not a number", "write x, y, t = domain.coordinates"),
    "too few names of coordinates": Mistake("a, b = domain.coordinates  # <-", "too many values to unpack (expected 2)", "write x, y, t = domain.coordinates"),
    "too many names of coordinates": Mistake(
        "a, b, c, d = domain.coordinates  # <-", "not enough values to unpack (expected 4, got 3)", "write x, y, t = domain.coordinates"),
    "one name too many of one coordinate": Mistake(LINE + "a, b = line.coordinates  # <-", "not enough values to unpack", "write x, = line.coordinates"),
    "coordinate that is not named yet": Mistake("solid = Box((0, 0, 0), (1, 1, 1))\nz  # <-", "name 'z' is not defined", "write x, y, z = solid.coordinates"),
    "coordinate as an attribute": Mistake("domain.x  # <-", "no attribute 'x'", "write x, y, t = domain.coordinates"),
    "normal that is not named yet": Mistake("dot(grad(u), normal)  # <-", "name 'normal' is not defined", "n = domain.normal"),
    "normal of a boundary": Mistake("domain.boundary.normal  # <-", "no attribute 'normal'", "n = domain.normal"),
    "circle": Mistake("Circle((0, 0), 1)  # <-", "name 'Circle' is not defined", "Disk((0, 0), 1)"),
    "sphere": Mistake("Sphere((0, 0, 0), 1)  # <-", "name 'Sphere' is not defined", "Ball((0, 0, 0), 1)"),
    "line": Mistake("Line(0, 1)  # <-", "name 'Line' is not defined", "Interval(0, 1)"),
    "geometry": Mistake("Geometry(1)  # <-", "name 'Geometry' is not defined", "Interval, Rectangle"),
    "domain of times": Mistake("TimeDomain(0, 1)  # <-", "name 'TimeDomain' is not defined", "* TimeInterval(0, 1)"),
    "boundary condition as a class": Mistake("DirichletBC(u, 0)  # <-", "name 'DirichletBC' is not defined", 'Condition("wall", u == 0, on=domain.boundary)'),
    "flux as a class": Mistake("NeumannBC(u, 0)  # <-", "name 'NeumannBC' is not defined", "dot(grad(u), domain.normal) == 0"),
    "Jacobian": Mistake("jacobian(u, x)  # <-", "name 'jacobian' is not defined", "diff(u, x)"),
    "name of a NumPy function": Mistake("arcsin(x)  # <-", "name 'arcsin' is not defined", "pinnaux writes it asin"),
    "number e": Mistake("e**x  # <-", "name 'e' is not defined", "exp(u)"),
    "derivative as an attribute": Mistake("u.dx  # <-", "no attribute 'dx'", "diff(u, x)"),
    "regions in a list": Mistake(
        'Condition("c", u == 0, on=[domain.boundary["left"], domain.boundary["right"]])  # <-',
        "holds on a region or domain, not on 2-vector", 'on=domain.boundary["left", "right"]'),
    "names of regions in a list": Mistake('Condition("c", u == 0, on=["top", "hole"])  # <-', "not on 2-vector", 'on=domain.boundary["top", "hole"]'),
    "first moment as a part of the boundary": Mistake('domain.boundary["initial"]  # <-', "has no boundary part 'initial'", "the first moment is domain.initial"),
    "interior as a part of the boundary": Mistake('domain.boundary["interior"]  # <-', "has no boundary part 'interior'", "on=domain"),
    "parts of a boundary in a list": Mistake('domain.boundary[["left", "right"]]  # <-', "has no boundary part", 'without further brackets: "left", "right"'),
    "boundary called": Mistake('domain.boundary("left")  # <-', "is not callable", 'domain.boundary["left", "right"]'),
    "part of a domain": Mistake('domain["left"]  # <-', "is not subscriptable", 'domain.boundary["left", "right"]'),
    "upper bound as a condition": Mistake(
        'Condition("c", u <= 0, on=domain)  # <-', "not the inequality u <= 0", "write an equation: maximum(u, 0) == 0 says u <= 0"),
    "lower bound as a condition": Mistake(
        'Condition("c", u >= x, on=domain)  # <-', "not the inequality x <= u", "write an equation: maximum(x - u, 0) == 0 says x <= u"),
    "two bounds as a condition": Mistake(
        'Condition("c", (u <= 1) & (u >= 0), on=domain)  # <-', "not the inequality (u <= 1) & (0 <= u)", "one condition for each"),
    "time before space": Mistake("TimeInterval(0, 1) * Interval(0, 1)  # <-", "cannot multiply TimeInterval(0, 1) by Interval(0, 1)", "a shape comes first"),
    "time added to space": Mistake("Interval(0, 1) + TimeInterval(0, 1)  # <-", "TimeInterval(0, 1) has a time", "a shape is multiplied by the times"),
    "ranges instead of corners": Mistake("Rectangle((0, 1), (0, 1))  # <-", "runs from 0 to 0", "two corners differ in each coordinate"),
    "keyword that is also a name": Mistake("Problem(domain=domain, fields=[u], conditions=[heat])  # <-", "unexpected keyword argument 'domain'", "known: 'fields'"),
    "output with a variable": Mistake(
        's = Variable("s")\nProblem(fields=[u], conditions=[heat], outputs={"q": s * u})  # <-', "output 'q': the variable s has no value", "over=s"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_on_its_own_line(name: str, tmp_path: Path):
    mistake = MISTAKES[name]
    source = START + mistake.code + "\n" + END
    file = tmp_path / "mistaken.py"
    file.write_text(source, encoding="utf-8")
    with pytest.raises(PinnauxError) as caught:
        load(file)
    error = caught.value
    lines = source.splitlines()
    wrong = next((i for i, line in enumerate(lines, start=1) if line.endswith("# <-")), START.count("\n"))
    assert mistake.what in error.what
    assert mistake.hint in error.hint
    assert (error.where.file, error.where.line) == (str(file), wrong)
    assert " at 0x" not in str(error)
    assert str(error).splitlines()[1].strip() == f"at {file}:{wrong}"


def test_a_helper_function_of_the_users_is_named_with_the_line_that_called_it(tmp_path: Path):
    file = tmp_path / "mistaken.py"
    file.write_text(START + "def advect(quantity):\n    return grad(quantity) + quantity\n\nadvect(u)\n" + END, encoding="utf-8")
    with pytest.raises(PinnauxError) as caught:
        load(file)
    inside, called = START.count("\n") + 2, START.count("\n") + 4
    assert f"  at {file}:{inside}\n  called from {file}:{called}\n" in str(caught.value)


def test_the_start_itself_is_right(tmp_path: Path):
    file = tmp_path / "right.py"
    file.write_text(START + END, encoding="utf-8")
    assert [condition.name for condition in load(file).conditions] == ["heat"]

"""-((1 + x)² y')' = λ y, y = 0 at both ends: the two lowest eigenvalues λ, without a start."""
from pinnaux import *

domain = Interval(0, 1)
x, = domain.coordinates
y = Field("y", domain)
lam = Eigenvalue("lam")

problem = Problem(
    fields=[y],
    conditions=[
        Condition("equation", -diff((1 + x) ** 2 * diff(y, x), x) == lam * y, on=domain),
        Condition("ends", y == 0, on=domain.boundary),
    ],
    modes=2,
)

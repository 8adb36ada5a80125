"""The Allen-Cahn equation u_t = 1e-4 u_xx + 5u - 5u³, periodic in x, from a smooth start."""
from pinnaux import *

domain = Interval(-1, 1, periodic="x") * TimeInterval(0, 1)
x, t = domain.coordinates
u = Field("u", domain)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("allen-cahn", diff(u, t) == 1e-4 * diff(u, x, x) + 5 * u - 5 * u**3, on=domain),
        Condition("start", u == x**2 * (1 + cos(3 * pi * x)), on=domain.initial),
    ],
)

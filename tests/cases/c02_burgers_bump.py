"""Burgers' equation u_t + u u_x = ν u_xx with ν = 1, from a steep sine: u = 2νπ sin πx / (2 + cos πx)."""
from pinnaux import *

domain = Interval(0, 1) * TimeInterval(0, 0.1)
x, t = domain.coordinates
u = Field("u", domain)
viscosity, a = 1, 2

problem = Problem(
    fields=[u],
    conditions=[
        Condition("burgers", diff(u, t) + u * diff(u, x) == viscosity * diff(u, x, x), on=domain),
        Condition("start", u == 2 * viscosity * pi * sin(pi * x) / (a + cos(pi * x)), on=domain.initial),
        Condition("ends", u == 0, on=domain.boundary),
    ],
)

"""Burgers' equation u_t + u u_x = ν u_xx, whose solution steepens to a layer of width 0.01 at x = 0."""
from pinnaux import *

domain = Interval(-1, 1) * TimeInterval(0, 1)
x, t = domain.coordinates
u = Field("u", domain)
viscosity = 0.01 / pi

problem = Problem(
    fields=[u],
    conditions=[
        Condition("burgers", diff(u, t) + u * diff(u, x) == viscosity * diff(u, x, x), on=domain),
        Condition("initial", u == -sin(pi * x), on=domain.initial),
        Condition("ends", u == 0, on=domain.boundary),
    ],
)

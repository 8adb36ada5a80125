"""The wave equation u_tt = c² u_xx with c = 2: a string fixed at both ends, released at rest from two of its modes."""
from pinnaux import *

domain = Interval(0, 1) * TimeInterval(0, 1)
x, t = domain.coordinates
u = Field("u", domain)
speed = 2

problem = Problem(
    fields=[u],
    conditions=[
        Condition("wave", diff(u, t, t) == speed**2 * diff(u, x, x), on=domain),
        Condition("ends", u == 0, on=domain.boundary),
        Condition("shape", u == sin(pi * x) + 0.5 * sin(4 * pi * x), on=domain.initial),
        Condition("at rest", diff(u, t) == 0, on=domain.initial),
    ],
    exact={"u": sin(pi * x) * cos(2 * pi * t) + 0.5 * sin(4 * pi * x) * cos(8 * pi * t)},
)

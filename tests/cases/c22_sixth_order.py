"""u^(6) = -4 u'' + 1 on the unit interval, with six conditions of various orders at its ends."""
from pinnaux import *

domain = Interval(0, 1)
x, = domain.coordinates
u = Field("u", domain)
left, right = domain.boundary["left"], domain.boundary["right"]

problem = Problem(
    fields=[u],
    conditions=[
        Condition("equation", diff(u, x, x, x, x, x, x) == -4 * diff(u, x, x) + 1, on=domain),
        Condition("ends", u == 0, on=domain.boundary),
        Condition("second", diff(u, x, x) == 1, on=left),
        Condition("third", diff(u, x, x, x) == 0, on=left),
        Condition("fourth", diff(u, x, x, x, x) == 0, on=right),
        Condition("fifth", diff(u, x, x, x, x, x) == 1, on=left),
    ],
)

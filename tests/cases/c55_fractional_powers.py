"""A periodic orbit of u' = 2 + sin t - 1.1 (3 - v)^1.5 u^3.5 + 1.3 v^2.2, v' = 1 + cos t + 1.1 (3 - v)^1.5 u^3.5 - 2.4 v^2.2."""
from pinnaux import *

period = Interval(0, 2 * pi, names="t", periodic="t")
t, = period.coordinates
u, v = Field("u", period), Field("v", period)
exchange = 1.1 * (3 - v) ** 1.5 * u**3.5

problem = Problem(
    fields=[u, v],
    conditions=[
        Condition("first", diff(u, t) == 2 + sin(t) - exchange + 1.3 * v**2.2, on=period),
        Condition("second", diff(v, t) == 1 + cos(t) + exchange - 2.4 * v**2.2, on=period),
    ],
)

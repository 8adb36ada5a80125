"""Hares and lynxes: x' = x (a - b y), y' = y (c x - d), over ten years (Lotka and Volterra)."""
from pinnaux import *

years = TimeInterval(0, 10)
t, = years.coordinates
hares, lynxes = Field("hares", years), Field("lynxes", years)
a, b, c, d = 1.1, 0.4, 0.1, 0.4

problem = Problem(
    fields=[hares, lynxes],
    conditions=[
        Condition("hares breed", diff(hares, t) == hares * (a - b * lynxes), on=years),
        Condition("lynxes hunt", diff(lynxes, t) == lynxes * (c * hares - d), on=years),
        Condition("hares at first", hares == 10, on=years.initial),
        Condition("lynxes at first", lynxes == 10, on=years.initial),
    ],
)

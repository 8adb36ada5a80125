"""A dam breaks over a wet bed: h_t + (h u)_x = 0, (h u)_t + (h u² + g h²/2)_x = 0 (shallow water)."""
from pinnaux import *

domain = Interval(0, 10) * TimeInterval(0, 6)
x, t = domain.coordinates
h, u = Field("h", domain), Field("u", domain)
gravity, behind, before = 9.81, 0.005, 0.001

problem = Problem(
    fields=[h, u],
    conditions=[
        Condition("mass", diff(h, t) + diff(h * u, x) == 0, on=domain),
        Condition("momentum", diff(h * u, t) + diff(h * u**2 + gravity * h**2 / 2, x) == 0, on=domain),
        Condition("depth at first", h == where(x < 5, behind, before), on=domain.initial),
        Condition("at rest", u == 0, on=domain.initial),
        Condition("still behind", h == behind, on=domain.boundary["left"]),
        Condition("still before", h == before, on=domain.boundary["right"]),
        Condition("still ends", u == 0, on=domain.boundary),
    ],
)

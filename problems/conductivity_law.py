"""Recover how the conductivity of a rod depends on its temperature from twelve thermometers, while one end gets hot."""
from pinnaux import *

domain = Interval(0, 1) * TimeInterval(0, 1)
x, t = domain.coordinates
T = Field("T", domain)
k = UnknownFunction("k", between=(0, 1), positive=True)
probes = Observations("data/conductivity_law.csv", domain, columns=("T",))

problem = Problem(
    fields=[T],
    conditions=[
        Condition("heat", diff(T, t) == diff(k(T) * diff(T, x), x), on=domain),
        Condition("cold at first", T == 0, on=domain.initial),
        Condition("hot end", T == sin(pi * t / 2), on=domain.boundary["left"]),
        Condition("insulated end", diff(T, x) == 0, on=domain.boundary["right"]),
        Condition("measured", T == probes["T"], on=probes, noise=0.005),
    ],
)

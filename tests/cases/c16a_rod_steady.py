"""Heat conduction T_t = α T_xx in a rod of 0.1 m for 60 s, its ends held at 70 and 40 from the first moment on, 50 before."""
from pinnaux import *

domain = Interval(0, 0.1) * TimeInterval(0, 60)
x, t = domain.coordinates
T = Field("T", domain)
diffusivity = 1

problem = Problem(
    fields=[T],
    conditions=[
        Condition("conduction", diff(T, t) == diffusivity * diff(T, x, x), on=domain),
        Condition("start", T == 50, on=domain.initial),
        Condition("hot end", T == 70, on=domain.boundary["left"]),
        Condition("cool end", T == 40, on=domain.boundary["right"]),
    ],
)

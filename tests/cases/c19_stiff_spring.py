"""A damped oscillator with a stiff spring: m y'' + μ y' + k y = 0."""
from pinnaux import *

time = TimeInterval(0, 1)
t, = time.coordinates
y = Field("y", time)
mass, damping, stiffness = 1, 4, 400

problem = Problem(
    fields=[y],
    conditions=[
        Condition("motion", mass * diff(y, t, t) + damping * diff(y, t) + stiffness * y == 0, on=time),
        Condition("start", y == 1, on=time.initial),
        Condition("at rest", diff(y, t) == 0, on=time.initial),
    ],
)

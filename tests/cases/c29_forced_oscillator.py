"""A forced nonlinear oscillator over a long time: y'' + 0.2 (y² - 1) y' - y + y³ = 0.53 cos t."""
from pinnaux import *

time = TimeInterval(0, 50)
t, = time.coordinates
y = Field("y", time)

problem = Problem(
    fields=[y],
    conditions=[
        Condition("motion", diff(y, t, t) + 0.2 * (y**2 - 1) * diff(y, t) - y + y**3 == 0.53 * cos(t), on=time),
        Condition("start", y == 0.1, on=time.initial),
        Condition("speed at first", diff(y, t) == -0.2, on=time.initial),
    ],
)

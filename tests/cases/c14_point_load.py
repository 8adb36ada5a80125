"""Find the place a and the size P of a point load on a simply supported beam from its deflections.

w'' = -M(x) with the bending moment M = P (1 - a) x - P max(x - a, 0), so that w^(4) = P δ(x - a).
"""
from pinnaux import *

beam = Interval(0, 1)
x, = beam.coordinates
w = Field("w", beam)
P = Parameter("P", initial=0.5, positive=True)
a = Parameter("a", initial=0.5, positive=True)
measured = Observations("C14_w.csv", beam, columns=("w",))
moment = P * (1 - a) * x - P * maximum(x - a, 0)

problem = Problem(
    fields=[w],
    conditions=[
        Condition("bending", -diff(w, x, x) == moment, on=beam),
        Condition("supports", w == 0, on=beam.boundary),
        Condition("measured", w == measured["w"], on=measured),
    ],
)

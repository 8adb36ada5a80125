"""Find the strength c of -u'' = c sin 2πx from measurements of u in two files of one column."""
from pinnaux import *

domain = Interval(0, 1)
x, = domain.coordinates
u = Field("u", domain)
c = Parameter("c", initial=1.0)
measured = Observations({"x": "C40_x_onecolumn.txt", "u": "C40_u_onecolumn.txt"}, domain, columns=("u",))

problem = Problem(
    fields=[u],
    conditions=[
        Condition("balance", -diff(u, x, x) == c * sin(2 * pi * x), on=domain),
        Condition("ends", u == 0, on=domain.boundary),
        Condition("measured", u == measured["u"], on=measured),
    ],
)

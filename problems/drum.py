"""-Δu = λu, u = 0 on the rim: the six lowest tones of a drum in the shape of an L; the frequencies are √λ."""
from pinnaux import *

domain = Polygon([(0, 0), (1, 0), (1, -1), (-1, -1), (-1, 1), (0, 1)])
u = Field("u", domain)
lam = Eigenvalue("lam")

problem = Problem(
    fields=[u],
    conditions=[
        Condition("tone", -laplacian(u) == lam * u, on=domain),
        Condition("rim", u == 0, on=domain.boundary),
    ],
    modes=6,
)

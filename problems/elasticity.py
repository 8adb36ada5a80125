"""A thick tube under inner pressure, a quarter of its cross-section in plane strain: div σ = 0, σ = λ tr(ε) I + 2μ ε (Lamé)."""
from pinnaux import *

inner_radius, outer_radius = 1.0, 2.0
ring = Disk((0, 0), outer_radius, name="outside") - Disk((0, 0), inner_radius, name="bore")
domain = ring & Rectangle((0, 0), (3, 3))
x, y = domain.coordinates
n = domain.normal
displacement = VectorField("displacement", domain, components=("u", "v"))
u, v = displacement
young, poisson, pressure = 1.0, 0.3, 0.1

lame = young * poisson / ((1 + poisson) * (1 - 2 * poisson))
shear = young / (2 * (1 + poisson))
strain = sym(grad(displacement))
stress = lame * trace(strain) * identity(2) + 2 * shear * strain

load = pressure * inner_radius**2 / (outer_radius**2 - inner_radius**2)
stretch = load / (2 * (lame + shear)) + load * outer_radius**2 / (2 * shear * (x**2 + y**2))

problem = Problem(
    fields=[displacement],
    conditions=[
        Condition("equilibrium", div(stress) == (0, 0), on=domain),
        Condition("pressure", dot(stress, n) == -pressure * n, on=domain.boundary["bore"]),
        Condition("free", dot(stress, n) == (0, 0), on=domain.boundary["outside"]),
        Condition("symmetry in x", u == 0, on=domain.boundary["left"]),
        Condition("symmetry in y", v == 0, on=domain.boundary["bottom"]),
        Condition("no shear", stress[0, 1] == 0, on=domain.boundary["left", "bottom"]),
    ],
    outputs={"displacement": displacement, "stress": stress},
    exact={"displacement": (x * stretch, y * stretch)},
)

"""The optical Bloch equations of a driven atom, whose coherence ρ₁₂ = ρ₂₁* is complex.

ρ₁₁' = iΩ(ρ₁₂ - ρ₂₁) + Γ ρ₂₂,  ρ₂₂' = -iΩ(ρ₁₂ - ρ₂₁) - Γ ρ₂₂,  ρ₁₂' = -(γ + iΔ) ρ₁₂ - iΩ (ρ₂₂ - ρ₁₁).
"""
from pinnaux import *

time = TimeInterval(0, 45)
t, = time.coordinates
r11, r22, r12 = Field("r11", time), Field("r22", time), ComplexField("r12", time)
r21 = conj(r12)
drive, detuning, decay, dephasing = 10, 0, 1, 0.5

problem = Problem(
    fields=[r11, r22, r12],
    conditions=[
        Condition("ground state", diff(r11, t) == 1j * drive * (r12 - r21) + decay * r22, on=time),
        Condition("excited state", diff(r22, t) == -1j * drive * (r12 - r21) - decay * r22, on=time),
        Condition("coherence", diff(r12, t) == -(dephasing + 1j * detuning) * r12 - 1j * drive * (r22 - r11), on=time),
        Condition("ground at first", r11 == 1, on=time.initial),
        Condition("not excited at first", r22 == 0, on=time.initial),
        Condition("not coherent at first", r12 == 0, on=time.initial),
    ],
)

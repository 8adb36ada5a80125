"""The optical Bloch equations of a driven atom, the coherence ρ₁₂ in real and imaginary part.

ρ₁₁' = -2Ω Im ρ₁₂ + Γ ρ₂₂,  ρ₂₂' = 2Ω Im ρ₁₂ - Γ ρ₂₂,  ρ₁₂' = -(γ + iΔ) ρ₁₂ - iΩ (ρ₂₂ - ρ₁₁).
"""
from pinnaux import *

time = TimeInterval(0, 45)
t, = time.coordinates
ground, excited = Field("r11", time), Field("r22", time)
real, imaginary = Field("re12", time), Field("im12", time)
drive, detuning, decay, dephasing = 10, 0, 1, 0.5

problem = Problem(
    fields=[ground, excited, real, imaginary],
    conditions=[
        Condition("ground state", diff(ground, t) == -2 * drive * imaginary + decay * excited, on=time),
        Condition("excited state", diff(excited, t) == 2 * drive * imaginary - decay * excited, on=time),
        Condition("coherence, real", diff(real, t) == -dephasing * real + detuning * imaginary, on=time),
        Condition("coherence, imaginary",
                  diff(imaginary, t) == -dephasing * imaginary - detuning * real - drive * (excited - ground), on=time),
        Condition("ground at first", ground == 1, on=time.initial),
        Condition("not excited at first", excited == 0, on=time.initial),
        Condition("no real coherence at first", real == 0, on=time.initial),
        Condition("no imaginary coherence at first", imaginary == 0, on=time.initial),
    ],
)

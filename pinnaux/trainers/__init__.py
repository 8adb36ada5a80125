"""Trainers: closed-form stages, Levenberg–Marquardt on the separated layers, and the correction."""

"""Formulas: scalars, tensors, and the functions and operators that make them. NumPy only."""

"""Kalantar: a police station runs its area as a city."""

__version__ = "0.2.0"

"""Yucai (育才): from evidence about learners to what they can do, how surely, and what to do next."""

__all__ = ["__version__"]

__version__ = "0.1.0"

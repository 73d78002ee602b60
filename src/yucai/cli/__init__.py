"""The command line. Django and the heavy libraries are loaded only when a command needs them."""

from yucai.cli.program import main

__all__ = ["main"]

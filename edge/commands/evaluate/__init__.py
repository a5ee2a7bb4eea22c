"""`edge-matting evaluate`: mattes against true ones."""

from edge.commands.evaluate.command import add_arguments, main

__all__ = ["add_arguments", "main"]

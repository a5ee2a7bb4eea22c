"""`edge-matting bench`: what a photo costs here, and what it would cost with something else."""

from edge.commands.bench.command import add_arguments, main

__all__ = ["add_arguments", "main"]

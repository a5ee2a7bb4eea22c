"""`edge-matting doctor`: what is right on this machine, line by line, and what to do about what is not."""

from edge.commands.doctor.command import add_arguments, main

__all__ = ["add_arguments", "main"]

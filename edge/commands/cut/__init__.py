"""`edge-matting cut`: photos and folders of photos -> cut-outs in a folder, in this process.

tasks.py: which photos, and what their cut-outs are called; work.py: cutting them; tally.py: what became of them.
"""

from edge.commands.cut.command import add_arguments, main

__all__ = ["add_arguments", "main"]

"""`edge-matting id-photo`: ID photos to a country's rule, with a report and sheets to print, in this process.

command.py: what is asked for; make.py: the pictures of one photo and their files; listing.py: the rules that there are.
"""

from edge.commands.id_photo.command import add_arguments, main

__all__ = ["add_arguments", "main"]

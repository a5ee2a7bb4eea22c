"""ID photos by rule: specifications as data, the place of the head, what is checked, the file's size, sheets to print.

Nothing here knows a command or a folder. `portrait` puts it together: a cut-out with its photo in, a picture and its
report out.
"""

"""Faces: where they are, how they are held, and how large the head is; arrays in, values out.

`networks` runs the two networks of models/face; `detector` and `landmarks` read their outputs; `geometry`, `head` and `look`
measure; `finder` puts it together.
"""

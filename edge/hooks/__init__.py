"""Who is told of finished photos, and in what words: a JSON beside the cut-out, a web address, a program of the operator's.
Nothing here decides on a photo, and nothing here may hold one up."""

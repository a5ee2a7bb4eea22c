"""From a folder to a finished input: watching, stability, opening. It decides on no outcome."""

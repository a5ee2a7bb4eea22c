"""Output formats: pixels -> bytes of a file, one file each; `registry` knows them all, those of plug-ins too."""

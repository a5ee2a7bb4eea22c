"""What stands behind the person, one file each; `registry` knows them all, those of plug-ins too."""

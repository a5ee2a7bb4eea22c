"""Drawing of people with MakeHuman in Blender. __main__.py needs neither; in_blender.py and what it imports run in Blender."""

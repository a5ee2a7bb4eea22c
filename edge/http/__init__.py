"""Everything that is served over HTTP: a process of its own (main.py), which the supervisor sees as a source of photos
(source.py). It touches no photo's pixels and opens no path that a client names. A new contract is one file with a `Contract`,
and one line in app.py. The live pictures still have a small server of their own, in the camera's process (server.py)."""

"""Everything that is served over HTTP, by one server (server.py) in whichever process needs it. It touches no photo's
pixels and opens no path that a client names. A new endpoint is one file, with a function that gives an `Answer` or a
`Stream`, and one line in the table of paths that its server is given (health.py, live_pictures.py)."""

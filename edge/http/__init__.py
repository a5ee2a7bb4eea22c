"""Everything that is served over HTTP. It touches no photo's pixels and opens no path that a client names."""

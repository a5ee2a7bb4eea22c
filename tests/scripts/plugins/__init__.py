"""Our plug-ins inside the real programs, installed from their packages."""

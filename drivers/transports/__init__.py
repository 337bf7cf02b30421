"""One module per kind of wire; each owns its file descriptor."""

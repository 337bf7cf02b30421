"""The till's socket: framing, the table of methods, the server."""

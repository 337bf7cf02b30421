"""The rule kernel: loads a packed bundle and evaluates one request at a time."""

"""Rules being written: read as people write them, and everything that is wrong with them said at once."""

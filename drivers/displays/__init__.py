"""Customer displays: a protocol on a transport."""

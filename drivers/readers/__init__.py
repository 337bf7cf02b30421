"""Card readers and scanners: a protocol on a transport."""

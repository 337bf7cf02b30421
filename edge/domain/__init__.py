"""What points and money mean: pure, integer, no clock, no I/O."""

"""Rules as HQ writes them, compiled for the kernel and explained."""

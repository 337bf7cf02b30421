"""Rules told in words, and what a new bundle changes for whom."""

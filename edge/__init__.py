"""The daemon beside the till: the only package that may import the other three."""

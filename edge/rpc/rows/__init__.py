"""The rows of the table of methods, by the noun they begin with."""

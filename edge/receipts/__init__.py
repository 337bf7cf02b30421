"""A decision turned into a print document (pure)."""

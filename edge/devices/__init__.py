"""Which devices this store has, and one task that keeps each of them alive."""

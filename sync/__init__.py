"""The conversation between a store and HQ."""

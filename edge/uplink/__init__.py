"""Ledger entries to envelopes, grants and bundles back."""

"""Bytes to meaning and back (sans-io)."""

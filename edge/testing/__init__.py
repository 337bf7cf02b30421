"""A whole chain on one machine: real processes, a real broker and database, virtual devices.

The demo plays on it and the system tests stand on it. Nothing here runs in a store.
"""

"""HQ's end of the conversation: ingest into PostgreSQL, rights, totals."""

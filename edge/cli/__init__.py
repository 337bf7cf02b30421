"""One module per verb of the tillside command."""

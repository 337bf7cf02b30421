"""What the ledger's past says: a receipt explained in words, a simulation as a workbook."""

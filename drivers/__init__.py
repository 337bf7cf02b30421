"""Card readers, receipt printers, customer displays and cash drawers."""

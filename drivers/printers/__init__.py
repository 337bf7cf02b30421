"""Receipt printers: a protocol on a transport."""

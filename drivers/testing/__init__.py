"""Virtual devices on real ptys and TCP ports, with faults on demand.

For laptops without hardware, for the demo, and for authors of drivers: a driver cannot tell them from
the real thing, because it opens the same ports.
"""

from drivers.testing.display import VirtualDisplay
from drivers.testing.printer import VirtualPrinter
from drivers.testing.reader import VirtualReader

__all__ = ["VirtualDisplay", "VirtualPrinter", "VirtualReader"]

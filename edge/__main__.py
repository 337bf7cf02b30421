"""``python -m edge`` is ``tillside``."""

from edge.cli.main import main

if __name__ == "__main__":
    main()

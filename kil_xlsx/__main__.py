"""Lets the program be started as ``python -m kil_xlsx``."""

from kil_xlsx.cli import main

if __name__ == "__main__":
    main()

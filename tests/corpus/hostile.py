"""Files that were never meant to be read, and some odd ones that have to be, each with what must become of it."""

from __future__ import annotations

# Each of these adds its files to the table.
from corpus import cells, kinds, markup, zips
from corpus.cases import CASES, READS, Case

__all__ = ["CASES", "READS", "Case", "cells", "kinds", "markup", "zips"]

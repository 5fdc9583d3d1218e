"""Send a self-assessment workbook out, read it back, score it and compare organisations."""

__version__ = "0.1.0"

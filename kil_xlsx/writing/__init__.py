"""From a workbook as plain data to the file."""

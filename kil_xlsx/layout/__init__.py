"""The workbook as plain data: where everything goes, and what stands in every cell."""

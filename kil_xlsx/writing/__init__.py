"""Writing workbooks: the theme, the .xlsx writer, and checks of what is to be written."""

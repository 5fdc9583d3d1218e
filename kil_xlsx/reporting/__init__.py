"""What people look at: charts, the report and the one-page summary, as HTML, SVG and PDF."""

"""One module per sheet: what is painted where, from a plan and the answers so far."""

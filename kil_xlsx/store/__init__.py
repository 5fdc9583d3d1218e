"""What a collection remembers, in one SQLite file beside a folder of originals.  The only place that knows SQL."""

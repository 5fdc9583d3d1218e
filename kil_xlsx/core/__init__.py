"""The heart, free of files, clock and chance: framework, returns, scoring, comparison."""

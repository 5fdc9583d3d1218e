"""Results for people, for other programs and for analysts."""

"""From a returned file to its entries, without trusting it."""

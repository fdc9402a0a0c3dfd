"""Examples on real data; each runs by itself and says how."""

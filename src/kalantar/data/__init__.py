"""Small reference and demonstration data, with their words."""

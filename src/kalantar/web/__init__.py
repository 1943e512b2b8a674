"""The looks of the house: page parts, words, fields, pager and the answers every room gives."""

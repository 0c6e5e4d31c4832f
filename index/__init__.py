"""Search over tagged sentences: query language, engines, exact strings, counts."""

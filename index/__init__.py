"""Tagged sentences to found sentences: query language, engines, exact strings, counts."""

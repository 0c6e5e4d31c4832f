"""Characters with places on pages to text; knows no file format."""

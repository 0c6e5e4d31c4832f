"""Files as people have them to text: which kind a file is, by its content, and its reader."""

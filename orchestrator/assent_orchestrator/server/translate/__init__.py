"""Between the words of the wire (``assent.v1``) and our own, one noun a file."""

"""A forecast as a picture: what is drawn, and the three ways of drawing it. Pure: from a message to text."""

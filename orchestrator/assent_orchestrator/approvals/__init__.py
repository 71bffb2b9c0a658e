"""What humans are asked, and what their answers are worth."""

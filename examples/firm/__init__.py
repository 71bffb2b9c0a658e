"""The systems of a made-up law firm: foreign programs that know nothing of who governs the calls they receive."""

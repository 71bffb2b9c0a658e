"""The systems of a made-up company: foreign programs that know nothing of who governs the calls they receive."""

"""What is known of words: which are the same, which say nothing, which exclude each other."""

"""One run: from the loader through the queue to the consumers and back."""

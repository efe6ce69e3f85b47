"""One run: the loader fills the queue, the consumers empty it."""

"""One HTTP request and its answer, over kept connections."""

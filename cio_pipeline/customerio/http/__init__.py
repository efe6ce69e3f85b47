"""HTTP requests and their answers, over connections that are kept open."""

"""What a person sees and presses: stdout, stderr, the live display, signals."""

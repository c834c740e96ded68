"""What all emulated clouds stand on: a server that can misbehave on request, and machines that really run programs."""

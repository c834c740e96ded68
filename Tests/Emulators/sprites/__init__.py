"""The cloud of sprites.dev: persistent machines that sleep when idle and wake on use."""

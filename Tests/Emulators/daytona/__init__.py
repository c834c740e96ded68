"""An emulator of Daytona."""

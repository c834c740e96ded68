"""An emulator of Vercel Sandbox: named sandboxes whose sessions really run programs."""

def measure(bench): pass

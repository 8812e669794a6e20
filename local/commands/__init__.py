"""One command a module, named after its verb. Heavy imports are inside: `--help` needs none."""

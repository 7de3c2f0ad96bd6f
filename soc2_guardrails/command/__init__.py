"""The `soc2` command: one module a subcommand."""

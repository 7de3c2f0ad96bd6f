"""A language host for Python programs and policy packs, for a Pulumi CLI that has none beside it.

The release archive of the CLI carries its own host, which is used where it is there. A CLI built from Go
modules has none, and this one takes its place: the engine starts it, reads its port, and asks it over
`pulumirpc.LanguageRuntime` to run programs and packs.
"""

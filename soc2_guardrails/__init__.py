"""SOC 2 controls for teams that ship Next.js on Vercel from GitHub.

In the repository this package holds what the `soc2` command is made of (settings, engine, and later evidence
and drift) beside the parts `components`, `policies` and `sandbox`; a wheel carries those parts below it.
"""

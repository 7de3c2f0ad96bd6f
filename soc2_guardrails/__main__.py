"""`python -m soc2_guardrails` is `soc2`."""

from .command.app import main

if __name__ == "__main__":
    main()

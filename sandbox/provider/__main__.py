"""Start a provider plugin: `python -m sandbox.provider vercel|github`, as the engine does."""

import sys

from .server import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

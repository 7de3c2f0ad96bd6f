"""Start the language host: `python -m sandbox.language ENGINE_ADDRESS`, as the engine does."""

from .host import main

if __name__ == "__main__":
    main()

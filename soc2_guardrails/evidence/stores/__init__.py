"""Where records are kept, behind one small interface."""

from .store import Store, StoreError, TakenError

__all__ = ["Store", "StoreError", "TakenError"]

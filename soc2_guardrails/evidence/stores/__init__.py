"""Where records are kept, behind one small interface."""

from .opening import open_store
from .store import Store, StoreError, TakenError

__all__ = ["Store", "StoreError", "TakenError", "open_store"]

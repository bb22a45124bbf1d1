"""What must be remembered. The only SQL of the project is in this room."""

from api.store.store import NOBODY, Store, Unit

__all__ = ["NOBODY", "Store", "Unit"]

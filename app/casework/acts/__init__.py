"""The acts, one file a family. Importing this package reads every file in it; nothing else lists the families."""

import importlib
import pkgutil

from app.casework.acts.catalogue import CATALOGUE, ActType, decide

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["CATALOGUE", "ActType", "decide"]

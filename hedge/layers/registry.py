"""Every registered layer: importing this module loads each file of the package, and so registers what comes with us."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import hedge.layers
from hedge.layers.spec import layer_spec, layer_specs, register_layer, role_label, unregister_layer

for _module in iter_modules(hedge.layers.__path__):
    import_module(f"hedge.layers.{_module.name}")

__all__ = ["layer_spec", "layer_specs", "register_layer", "role_label", "unregister_layer"]

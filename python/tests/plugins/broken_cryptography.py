"""A plugin where cryptography is installed and cannot be loaded."""

import sys
from importlib.abc import MetaPathFinder

from echo import register

from espalier_plugin import serve


class Broken(MetaPathFinder):
    def find_spec(self, name, _path, _target=None):
        if name.partition(".")[0] == "cryptography":
            raise ImportError("_rust.abi3.so: undefined symbol: EVP_MD_fetch")


sys.meta_path.insert(0, Broken())
serve(register)

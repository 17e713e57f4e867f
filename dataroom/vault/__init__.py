"""The vault: how documents are sealed, how their keys are wrapped, and what an object store must promise.

Knows no database, no network and no framework. README.md beside this file is the format, for outsiders.
"""

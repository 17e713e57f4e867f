"""Everything that talks to the world outside the process: store, keys, database, identity providers, PDF work."""

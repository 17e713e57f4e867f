"""The versioned REST interface."""

"""The integrity check: rows, objects, keys and audit logs held against each other. It reads and changes nothing."""

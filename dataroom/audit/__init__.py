"""The evidence: canonical entries, their Merkle tree, signed checkpoints, the export and its offline
verifier.

Pure: no database, no network, no Flask. The formats are written down in README.md beside this file.

- `tree`      RFC 6962 hashes, frontier, inclusion and consistency proofs
- `entry`     the bytes of an entry, and its fields as salted disclosures (RFC 9901)
- `notes`     C2SP signed notes, checkpoints and cosignatures
- `bundle`    writes the export
- `verifier`  reads the export; one file of the standard library, which the export carries as `verify.py`
"""

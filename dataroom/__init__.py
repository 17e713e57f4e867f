"""The data room: sealed documents, readable policy, provable redaction and an audit log that outsiders verify."""

"""The law of the data room: rules and lists as data, and the thin engine that reads them. Start at
`README.md`."""

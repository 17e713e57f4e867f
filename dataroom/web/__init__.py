"""The pages for custodians, partners and compliance officers."""

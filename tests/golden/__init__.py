"""What the service permits and offers, written down for review. DATAROOM_GOLDEN=write renews the files."""

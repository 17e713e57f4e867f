"""Content streams: one walk that interprets, removes what lies in the marks, and writes known operators only."""

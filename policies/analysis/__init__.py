"""Says what the law allows in every case there can be, not only in those somebody thought of: a tool for whoever
changes the policies, needing the development dependency `z3-solver`. The service never imports it.

    python -m policies.analysis check                  # the promises of invariants.md, and rules without effect
    python -m policies.analysis compare OLD NEW        # what NEW allows that OLD does not

The rules are read in Cedar's JSON form and become formulas over an unknown person, thing and circumstances. Whatever
is found is an example, and each example is asked of the engine again before it is told.
"""

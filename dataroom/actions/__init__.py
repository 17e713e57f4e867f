"""What a person can do: one function an action, performed only through the gate."""

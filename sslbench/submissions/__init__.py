"""Methods from outside: what every method must do (contract), and how one is checked (check)."""

"""x -> representation. Every layer keeps a leading axis of runs, so that seeds and settings train side by side."""

"""What can be read from a frozen representation. One file per probe."""

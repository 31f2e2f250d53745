"""What `pali` runs: one module a command, each with a `main(argv)`."""

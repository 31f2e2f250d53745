"""Published files of the paper's benchmarks, read as stored examples."""

"""A worker that doubles numbers, and dies when it is told to."""

import sys

from benchmarks.peers.worker import serve, timed


class Doubling:
    """What it is asked."""

    def double(self, value: int) -> dict[str, object]:
        """Prints, as libraries do, and answers."""
        sys.stdout.write("a word that is no answer\n")
        return timed(lambda: 2 * value)

    def die(self) -> dict[str, object]:
        """Ends without an answer."""
        sys.exit(3)


if __name__ == "__main__":
    serve(Doubling())

"""A training that is killed again and again, each time at a random line, until it is done.

Run as a script it prints how often it was killed; that the parameters and the history are those of a training that was
left alone is asserted. The lines are those of the modules that train and save: between any two of them the process ends
by SIGKILL, which no ``finally`` survives.
"""

import os
import random
import signal
import sys
import tempfile
from pathlib import Path

from tiny_training import DATA, same_bits

from numgrad import TwoLayerNet, checkpoint, train, training, training_run

WATCHED = {training.__file__, training_run.__file__, checkpoint.__file__}
LONGEST, MOST = 900, 1000
"""Lines until a kill, at most: more than it takes to begin, go on for two iterations and save them; and kills."""


def run(path):
    net = TwoLayerNet(2, 3, 2, rng=0)
    options = {"iterations": 24, "batch_size": 2, "evaluate_every": 3, "checkpoint_every": 2, "rng": 1}
    return net.params, train(net, DATA, **options, checkpoint=path)


def kill_after(lines):
    """Have this process killed when so many lines of the watched modules have been entered."""
    left = lines

    def trace(frame, event, _):
        nonlocal left
        if frame.f_code.co_filename not in WATCHED:
            return None
        left -= event == "line"
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)


def killed_until_done(path, rng):
    """Return how often the run was killed before one of its processes came to the end."""
    kills = 0
    while True:
        lines = rng.randrange(LONGEST)
        child = os.fork()
        if child == 0:
            kill_after(lines)
            run(path)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
            return kills
        assert os.WIFSIGNALED(status), "the run failed by itself"
        kills += 1
        assert kills < MOST, "the run does not get on"


def main(seed, runs):
    rng = random.Random(seed)
    alone, history = run(None)
    kills = 0
    for number in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "run.npz"
            kills += killed_until_done(path, rng)
            found = checkpoint.load_checkpoint(path)
        assert same_bits(found.params, alone), f"run {number} ended elsewhere"
        assert found.history == history
    sys.stdout.write(str(kills))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""A command whose background work holds still once it has told of so much progress, so that a test can act just there.

    python -m tests.unit.cli.halting SHARE COMMAND ...

Prints "reached" and goes on when it is sent a line; whoever kills it before that kills it in the middle, at whatever
speed the machine runs. Everything else is done as ever: the lease is renewed while it holds still.
"""

import sys

from yucai.cli import main
from yucai.web.commands import working


def halting(handler, share):
    reached = []

    def held(job, report):
        def told(done, text):
            report(done, text)
            if done >= share and not reached:
                reached.append(done)
                print("reached", flush=True)
                sys.stdin.readline()

        return handler(job, told)

    return held


def begin(share, command):
    handlers_of = working.job_handlers
    working.job_handlers = lambda: {kind: halting(one, share) for kind, one in handlers_of().items()}
    return main(command)


if __name__ == "__main__":
    sys.exit(begin(float(sys.argv[1]), sys.argv[2:]))

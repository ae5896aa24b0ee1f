"""`python -m bot <command>`."""

import gc
import sys

# What is imported stays to the end. Looking through it for garbage, over and over while it comes and once
# more before it goes, took a quarter of a short command.
gc.set_threshold(20_000, 20, 20)

from bot.cli import main  # noqa: E402

if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    finally:
        gc.freeze()

"""`python -m course`: the `course` command, where its script is not on the path."""

import sys

from course.cli import main

sys.exit(main())

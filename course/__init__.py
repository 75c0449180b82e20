"""A course on convolutional networks for vision, in Keras 3.

`course.start()` is the first line of every notebook. Importing `course` is instant: Keras is imported by `start`.
"""

from course.runtime import start

__all__ = ["start"]

"""From a lecture's one source, `solutions/NN_topic.py`, to the notebooks that students and instructors open.

`source` reads and validates, `student` cuts the answers, `notebook` makes notebooks of cells, `build` writes and
compares them, `readme` renders the table of lectures, and `new` starts a lecture.
"""

"""Marking: from a folder of submissions to grades and feedback, trusting nothing that a student wrote.

Three processes mark a notebook. The *marker* (the command) imports neither Keras nor anything of a student's. The
*student process* runs the notebook in a sandbox and then answers questions about it. The *judge* asks them: it holds
the references, the cases and the named mistakes, and runs no student's code. Between them go plain data only
(`wire`). Both are forked from processes that have imported Keras and run nothing (`warm`), which is what makes
marking fast.
"""

"""The kernel's process: `python -m course.kernels.kernel -f CONNECTION`, or a fork that has imported Keras already."""

import sys


def main(arguments):
    """Serve the kernel that `arguments` (list of str, as ipykernel takes them) describe, until it is shut down."""
    from ipykernel.kernelapp import launch_new_instance

    from course.kernels import guard

    guard.install()
    launch_new_instance(argv=arguments)


if __name__ == "__main__":
    main(sys.argv[1:])

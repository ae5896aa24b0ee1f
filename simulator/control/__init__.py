"""The control API at `/sim`: everything a test, a script or a face in the browser may do to the platform."""

"""The words on the command line of `all_nodes` that ask for nodes beside the usual ones; without rclpy."""

PHOTOS_WORD = "--photos"
LANDMARKS_WORD = "--landmarks"

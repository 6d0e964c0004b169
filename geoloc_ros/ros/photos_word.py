"""The word on the command line of `all_nodes` that asks for place recognition, too; without rclpy."""

PHOTOS_WORD = "--photos"

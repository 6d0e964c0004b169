"""The nodes; the only home of rclpy."""

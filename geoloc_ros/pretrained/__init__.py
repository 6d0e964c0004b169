"""Networks that others trained, as ONNX files with descriptions: on a desk, never on the robot's path."""

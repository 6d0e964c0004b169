// The contract between this library and geoloc_ros/core/native.py.

// Raised whenever the signature of any exported function changes; NATIVE_ABI_VERSION in core/native.py names the same number.
extern "C" int geoloc_native_abi_version() { return 7; }

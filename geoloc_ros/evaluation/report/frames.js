// A drive, frame by frame.
const numFrames = data.frames.time_s.length;

const STATUS = [
  { name: "UNKNOWN", colour: "--unknown" }, { name: "UNINITIALIZED", colour: "--unknown" },
  { name: "INITIALIZING", colour: "--searching" }, { name: "INITIALIZED", colour: "--found" },
  { name: "LOST", colour: "--lost" }, { name: "DEGRADED", colour: "--degraded" },
];
const isFix = (frame) => data.frames.status[frame] === 3 || data.frames.status[frame] === 5;
const truthOf = (frame) => poseAt(data.frames.truth, frame);
const estimateOf = (frame) => poseAt(data.frames.pose, frame);

function poseAt(poses, frame) {
  return { x: poses[3 * frame], y: poses[3 * frame + 1], yaw: poses[3 * frame + 2] };
}

function binarySearch(sorted, value) { // last index whose entry is <= value, -1 if none
  let low = -1, high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (sorted[middle] <= value) low = middle; else high = middle - 1;
  }
  return low;
}

// What Python packed, as typed arrays. All numbers are little-endian; so is every machine with a browser.
const packed = JSON.parse(document.getElementById("data").textContent);

function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const ARRAY_TYPES = { u1: Uint8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array,
  f4: Float32Array, f8: Float64Array };

function unpack(value) {
  if (value && value.dtype) return new ARRAY_TYPES[value.dtype](bytesOf(value.base64).buffer);
  if (value && typeof value === "object" && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, unpack(entry)]));
  }
  return value;
}

const data = unpack(packed);
const numFrames = data.frames.time_s.length;

// Quantised coordinates to metres in the map frame.
const mapX = (q) => data.map.offset_m[0] + q * data.map.step_m;
const mapY = (q) => data.map.offset_m[1] + q * data.map.step_m;

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

// Colours are the style sheet's; canvases ask for them again when the theme changes.
const colourCache = new Map();
function colour(name) {
  if (!colourCache.has(name)) {
    colourCache.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  }
  return colourCache.get(name);
}

// Neighbouring numbers get distant hues.
const instanceColour = (instance, alpha = 1) => `hsl(${(instance * 137.508) % 360} 78% 52% / ${alpha})`;

const RAMP = [[250, 204, 80], [243, 120, 40], [222, 36, 88], [150, 30, 170]];
function rampColour(ratio, alpha) {
  const at = Math.min(Math.max(ratio, 0), 1) * (RAMP.length - 1);
  const low = Math.min(Math.floor(at), RAMP.length - 2);
  const mixed = RAMP[low].map((value, i) => Math.round(value + (RAMP[low + 1][i] - value) * (at - low)));
  return `rgba(${mixed.join(",")},${alpha})`;
}

// A canvas with its size in CSS pixels, sharp on any screen. Drawing is skipped while it has no size.
function sized(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height, ratio };
}

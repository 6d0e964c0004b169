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

// Quantised coordinates to metres in the map frame.
const mapX = (q) => data.map.offset_m[0] + q * data.map.step_m;
const mapY = (q) => data.map.offset_m[1] + q * data.map.step_m;

// What the vehicle sees: the image with the scan over it, and the scan from above.
const HIDDEN = -32768, NO_WALL_CM = 65535, NO_INSTANCE = 255, UNOBSERVED = 254;
const STRIP_HEIGHT = 12;
const SCAN_RADIUS_M = 62;
const LABEL_OPACITY = 0.6;
const images = new Map();
let showsLabels = false;

// The latest view that is not after the frame, -1 before the first.
const viewOf = (frame) => binarySearch(data.views.frame, frame);

function imageOf(view, whenLoaded, kind = "images") {
  const key = `${kind} ${view}`;
  let image = images.get(key);
  if (!image) {
    images.set(key, image = new Image());
    image.src = `data:image/${kind === "labels" ? "png" : "jpeg"};base64,${packed.views[kind][view]}`;
  }
  if (!image.complete) image.addEventListener("load", whenLoaded, { once: true });
  return image;
}

function raysOf(view) {
  const { num_rays: count } = data.views;
  const part = (array) => array.subarray(view * count, (view + 1) * count);
  return { count, u: part(data.views.u), v: part(data.views.v), predictedV: part(data.views.predicted_v),
    range: part(data.views.range_cm), instance: part(data.views.instance) };
}

function emptyNote(context, width, height, text) {
  context.fillStyle = colour("--muted");
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "center";
  context.fillText(text, width / 2, height / 2);
  context.textAlign = "left";
}

function drawCamera(frame, redraw) {
  const { context, width, height } = sized(document.getElementById("camera-canvas"));
  if (!width) return;
  const view = viewOf(frame);
  if (view < 0) { emptyNote(context, width, height, "no camera frame yet"); return; }
  const image = imageOf(view, redraw);
  if (image.complete && image.naturalWidth) context.drawImage(image, 0, 0, width, height - STRIP_HEIGHT);
  if (showsLabels) drawLabels(context, imageOf(view, redraw, "labels"), width, height - STRIP_HEIGHT);
  if (view + 1 < data.views.frame.length) imageOf(view + 1, () => {});
  const rays = raysOf(view);
  const toX = width / data.views.width / 4, toY = (height - STRIP_HEIGHT) / data.views.height / 4;
  const columns = columnsOf(rays, toX);
  context.save();
  context.beginPath();
  context.rect(0, 0, width, height - STRIP_HEIGHT);
  context.clip();
  drawPredicted(context, rays, toX, toY);
  drawWallBase(context, rays, columns, toY);
  context.restore();
  drawStrip(context, rays, columns, height);
}

function drawLabels(context, image, width, height) {
  if (!image.complete || !image.naturalWidth) return;
  context.save();
  context.globalAlpha = LABEL_OPACITY;
  context.imageSmoothingEnabled = false;
  context.drawImage(image, 0, 0, width, height);
  context.restore();
}

function showLabels(shown) {
  showsLabels = shown;
  document.getElementById("labels").setAttribute("aria-pressed", shown);
}

// From where to where each ray reaches in the image: half way to its neighbours, which may be across the seam.
function columnsOf(rays, toX) {
  const middle = (k, other) => {
    const gap = rays.u[other] === HIDDEN ? 0 : rays.u[other] - rays.u[k];
    return (rays.u[k] + (Math.abs(gap) < data.views.width ? gap / 2 : 0)) * toX; // u counts quarter pixels
  };
  return Array.from({ length: rays.count }, (_, k) => {
    if (rays.u[k] === HIDDEN) return null;
    const ends = [middle(k, (k + rays.count - 1) % rays.count), middle(k, (k + 1) % rays.count)];
    return { x: Math.min(...ends), width: Math.abs(ends[1] - ends[0]) + 0.6 };
  });
}

function drawWallBase(context, rays, columns, toY) {
  for (let k = 0; k < rays.count; k++) {
    if (!columns[k] || rays.v[k] === HIDDEN || rays.instance[k] >= UNOBSERVED) continue;
    const y = rays.v[k] * toY;
    context.fillStyle = instanceColour(rays.instance[k], 0.22);
    context.fillRect(columns[k].x, y - 46, columns[k].width, 46);
    context.fillStyle = instanceColour(rays.instance[k]);
    context.fillRect(columns[k].x, y - 1.5, columns[k].width, 3);
  }
}

function drawPredicted(context, rays, toX, toY) {
  for (const [style, width] of [["rgba(0,0,0,.65)", 3.2], ["#fff", 1.6]]) {
    context.beginPath();
    for (let k = 0; k < rays.count; k += 1) {
      if (rays.u[k] === HIDDEN || rays.predictedV[k] === HIDDEN || k % 4 > 1) continue; // dashes
      const x = rays.u[k] * toX, y = rays.predictedV[k] * toY;
      context.moveTo(x - 1.5, y);
      context.lineTo(x + 1.5, y);
    }
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }
}

function drawStrip(context, rays, columns, height) {
  const top = height - STRIP_HEIGHT + 2, tall = STRIP_HEIGHT - 2;
  for (let k = 0; k < rays.count; k++) {
    if (!columns[k]) continue;
    if (rays.instance[k] === UNOBSERVED) hatch(context, columns[k].x, top, columns[k].width, tall);
    else if (rays.instance[k] !== NO_INSTANCE) {
      context.fillStyle = instanceColour(rays.instance[k]);
      context.fillRect(columns[k].x, top, columns[k].width, tall);
    }
  }
}

function hatch(context, x, y, width, height) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = colour("--muted");
  context.lineWidth = 1.2;
  context.beginPath();
  const first = Math.floor((x - height) / 4) * 4;
  for (let start = first; start < x + width + height; start += 4) {
    context.moveTo(start, y + height);
    context.lineTo(start + height, y);
  }
  context.stroke();
  context.restore();
}

// Forward is up, as in the image. Placed at the estimate where it is a fix, else at the true pose.
function drawScan(frame) {
  const { context, width, height, ratio } = sized(document.getElementById("scan-canvas"));
  if (!width) return;
  const view = viewOf(frame);
  const seen = view < 0 ? frame : data.views.frame[view];
  const fixed = isFix(seen);
  const pose = fixed ? estimateOf(seen) : truthOf(seen);
  const note = fixed ? "map at the estimate" : "no fix: map at the true pose";
  document.getElementById("scan-note").textContent = Number.isFinite(pose.x) ? note : "no pose to show the map at";
  const scale = width / 2 / SCAN_RADIUS_M;
  if (Number.isFinite(pose.x)) {
    context.save();
    context.translate(width / 2, height / 2);
    context.scale(scale, -scale);
    context.rotate(Math.PI / 2 - pose.yaw);
    context.translate(-pose.x, -pose.y);
    const reach = SCAN_RADIUS_M * 1.5;
    drawCity(context, [pose.x - reach, pose.y - reach, pose.x + reach, pose.y + reach], 1 / scale);
    context.restore();
  }
  drawRangeRings(context, width, height, scale);
  if (view < 0) return;
  drawScanRays(context, raysOf(view), width, height, scale);
  context.save();
  context.translate(width / 2, height / 2);
  context.rotate(-Math.PI / 2);
  context.scale(scale, -scale);
  drawVehicle(context, { x: 0, y: 0, yaw: 0 }, fixed ? "--estimate" : "--truth", 1 / scale);
  context.restore();
}

function drawRangeRings(context, width, height, scale) {
  context.strokeStyle = colour("--muted");
  context.fillStyle = colour("--muted");
  context.globalAlpha = 0.45;
  context.lineWidth = 0.8;
  context.font = "10px system-ui, sans-serif";
  for (const radius of [20, 40, 60]) {
    context.beginPath();
    context.arc(width / 2, height / 2, radius * scale, 0, 7);
    context.stroke();
    context.fillText(`${radius} m`, width / 2 + 3, height / 2 - radius * scale + 11);
  }
  context.globalAlpha = 1;
}

function drawScanRays(context, rays, width, height, scale) {
  const step = (2 * Math.PI) / rays.count;
  for (let k = 0; k < rays.count; k++) {
    const angle = -Math.PI / 2 - k * step; // left of the vehicle is left on the screen
    const point = (radius) => [width / 2 + radius * Math.cos(angle), height / 2 + radius * Math.sin(angle)];
    if (rays.instance[k] === UNOBSERVED) {
      context.beginPath();
      context.arc(width / 2, height / 2, SCAN_RADIUS_M * scale * 0.975, angle - step / 2, angle + step / 2);
      context.strokeStyle = colour("--muted");
      context.globalAlpha = 0.55;
      context.lineWidth = SCAN_RADIUS_M * scale * 0.05;
      context.stroke();
      context.globalAlpha = 1;
    } else if (rays.range[k] !== NO_WALL_CM) {
      const [x, y] = point((rays.range[k] / 100) * scale);
      context.strokeStyle = instanceColour(rays.instance[k], 0.16);
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(width / 2, height / 2);
      context.lineTo(x, y);
      context.stroke();
      context.fillStyle = instanceColour(rays.instance[k]);
      context.fillRect(x - 1.8, y - 1.8, 3.6, 3.6);
    }
  }
}

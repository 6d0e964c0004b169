// What moves on the map: a top layer that is redrawn every frame.
function drawMapTop(frame) {
  const { context, width, height, ratio } = sized(document.getElementById("map-top"));
  if (!width) return;
  toMapFrame(context, width, height, ratio);
  const pixel = 1 / mapView.scale;
  context.lineJoin = context.lineCap = "round";
  strokePath(context, numFrames, truthOf, () => true, "--truth", 2.2 * pixel, 0.25);
  drawBelief(context, frame, pixel);
  strokePath(context, frame + 1, truthOf, () => true, "--truth", 2.6 * pixel, 1);
  strokePath(context, frame + 1, estimateOf, isFix, "--estimate", 2.6 * pixel, 1);
  drawVehicle(context, truthOf(frame), "--truth", pixel);
  if (isFix(frame)) {
    drawEllipse(context, frame, pixel);
    drawVehicle(context, estimateOf(frame), "--estimate", pixel);
  }
}

function strokePath(context, count, poseOf, has, name, width, alpha) {
  context.beginPath();
  let before = null;
  for (let i = 0; i < count; i++) {
    const pose = poseOf(i);
    if (!has(i) || !Number.isFinite(pose.x)) { before = null; continue; }
    // A jump of the estimate is not a drive: leave a gap.
    const joined = before && Math.hypot(pose.x - before.x, pose.y - before.y) < 30;
    if (joined) context.lineTo(pose.x, pose.y); else context.moveTo(pose.x, pose.y);
    before = pose;
  }
  context.globalAlpha = alpha;
  context.strokeStyle = colour(name);
  context.lineWidth = width;
  context.stroke();
  context.globalAlpha = 1;
}

function drawBelief(context, frame, pixel) {
  const belief = data.belief;
  const floor = Math.log10(belief.floor_probability);
  for (let i = belief.start[frame]; i < belief.start[frame + 1]; i++) { // ascending: the likeliest are on top
    const ratio = belief.level[i] / 255;
    const place = belief.place[i];
    context.fillStyle = rampColour(ratio, 0.25 + 0.6 * ratio);
    context.beginPath();
    context.arc(mapX(data.places.xy[2 * place]), mapY(data.places.xy[2 * place + 1]),
      Math.max(4 + 4 * ratio, (2.2 + 4.5 * ratio) * pixel), 0, 7);
    context.fill();
  }
  document.getElementById("ramp-low").textContent = `1e${Math.round(floor)}`;
}

function drawVehicle(context, pose, name, pixel) {
  if (!Number.isFinite(pose.x)) return;
  const size = Math.max(9 * pixel, 2.5);
  context.save();
  context.translate(pose.x, pose.y);
  context.rotate(pose.yaw);
  context.beginPath();
  context.moveTo(size, 0);
  context.lineTo(-0.75 * size, 0.65 * size);
  context.lineTo(-0.4 * size, 0);
  context.lineTo(-0.75 * size, -0.65 * size);
  context.closePath();
  context.fillStyle = colour(name);
  context.strokeStyle = colour("--panel");
  context.lineWidth = 1.5 * pixel;
  context.fill();
  context.stroke();
  context.restore();
}

function drawEllipse(context, frame, pixel) { // holds 95 %, were the covariance right
  const [xx, xy, yy] = data.frames.covariance.subarray(3 * frame, 3 * frame + 3);
  const middle = (xx + yy) / 2, spread = Math.hypot((xx - yy) / 2, xy);
  const { x, y } = estimateOf(frame);
  context.beginPath();
  context.ellipse(x, y, Math.sqrt(5.991 * (middle + spread)), Math.sqrt(5.991 * Math.max(middle - spread, 0)),
    Math.atan2(2 * xy, xx - yy) / 2, 0, 2 * Math.PI);
  context.strokeStyle = colour("--estimate");
  context.lineWidth = 1.5 * pixel;
  context.globalAlpha = 0.7;
  context.stroke();
  context.globalAlpha = 1;
}

function driveBox() {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < numFrames; i++) {
    const known = [truthOf(i), ...(isFix(i) ? [estimateOf(i)] : [])].filter((pose) => Number.isFinite(pose.x));
    for (const { x, y } of known) {
      box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x); box[3] = Math.max(box[3], y);
    }
  }
  return Number.isFinite(box[0]) ? [box[0] - 80, box[1] - 80, box[2] + 80, box[3] + 80] : data.map.bounds_m;
}

// Where to look in this frame; false if the view stays.
function aimMap(frame) {
  if (mapView.mode !== "follow") return false;
  const pose = isFix(frame) ? estimateOf(frame) : truthOf(frame);
  if (!Number.isFinite(pose.x)) return false;
  mapView.x = pose.x;
  mapView.y = pose.y;
  return true;
}

function setMapMode(mode) {
  mapView.mode = mode;
  if (mode === "city") fitMap(data.map.bounds_m);
  if (mode === "drive") fitMap(driveBox());
  if (mode === "follow") mapView.scale = document.getElementById("map-base").clientWidth / 260;
  for (const button of document.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", String(button.dataset.view === mode));
  }
}


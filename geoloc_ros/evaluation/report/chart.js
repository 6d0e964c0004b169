// Error over time on a logarithmic scale, the belief around the pose, and the status as a strip. Click or drag to go there.
const CHART = { left: 46, right: 12, top: 8, strip: 12, probability: 34, axis: 18 };
const THRESHOLDS_M = [1, 3, 5, 10];
const frameTime = data.frames.time_s;
const errors = Float64Array.from({ length: numFrames }, (_, i) =>
  Math.hypot(estimateOf(i).x - truthOf(i).x, estimateOf(i).y - truthOf(i).y));

function chartScales(width, height) {
  const plot = { left: CHART.left, right: width - CHART.right, top: CHART.top,
    bottom: height - CHART.axis - CHART.strip - CHART.probability - 12 };
  const largest = errors.reduce((most, error) => (error > most ? error : most), 10);
  const [low, high] = [-1, Math.max(1.2, Math.log10(largest) + 0.05)];
  const duration = Math.max(frameTime[numFrames - 1] - frameTime[0], 1e-3);
  return {
    plot, high,
    x: (time) => plot.left + ((time - frameTime[0]) / duration) * (plot.right - plot.left),
    y: (error) => plot.bottom - ((Math.log10(Math.max(error, 0.1)) - low) / (high - low)) * (plot.bottom - plot.top),
    timeAt: (x) => frameTime[0] + ((x - plot.left) / (plot.right - plot.left)) * duration,
  };
}

function drawChart(frame) {
  const { context, width, height } = sized(document.getElementById("chart-canvas"));
  if (!width || !numFrames) return;
  const scales = chartScales(width, height);
  context.font = "10.5px system-ui, sans-serif";
  drawErrorAxis(context, scales);
  drawErrors(context, scales);
  drawProbability(context, scales, scales.plot.bottom + 8);
  drawStatusStrip(context, scales, scales.plot.bottom + 8 + CHART.probability + 4);
  drawTimeAxis(context, scales, height);
  const x = scales.x(frameTime[frame]);
  context.fillStyle = colour("--text");
  context.fillRect(x - 0.75, CHART.top - 4, 1.5, height - CHART.axis - CHART.top + 2);
}

function drawErrorAxis(context, { plot, y, high }) {
  context.textBaseline = "middle";
  context.textAlign = "right";
  let labelled = Infinity;
  for (const error of [0.1, ...THRESHOLDS_M, 100, 1000, 10000]) {
    if (Math.log10(error) > high) continue;
    context.globalAlpha = THRESHOLDS_M.includes(error) ? 0.9 : 0.5;
    context.fillStyle = colour("--line");
    context.fillRect(plot.left, y(error) - 0.5, plot.right - plot.left, 1);
    context.globalAlpha = 1;
    if (y(error) > labelled - 10) continue; // no room for its number
    labelled = y(error);
    context.fillStyle = colour("--muted");
    context.fillText(error >= 1000 ? `${error / 1000} km` : `${error} m`, plot.left - 6, y(error));
  }
  context.textAlign = "left";
}

function drawErrors(context, { x, y }) {
  for (const [wanted, name, thick] of [[false, "--unknown", 1.2], [true, "--error", 2]]) {
    context.beginPath();
    let drawing = false;
    for (let i = 0; i < numFrames; i++) {
      const shown = Number.isFinite(errors[i]) && isFix(i) === wanted;
      if (shown && drawing) context.lineTo(x(frameTime[i]), y(errors[i]));
      else if (shown) context.moveTo(x(frameTime[i]), y(errors[i]));
      drawing = shown;
    }
    context.strokeStyle = colour(name);
    context.lineWidth = thick;
    context.stroke();
  }
}

function drawProbability(context, { plot, x }, top) {
  const bottom = top + CHART.probability;
  context.beginPath();
  context.moveTo(x(frameTime[0]), bottom);
  for (let i = 0; i < numFrames; i++) {
    context.lineTo(x(frameTime[i]), bottom - (data.frames.probability[i] / 255) * CHART.probability);
  }
  context.lineTo(x(frameTime[numFrames - 1]), bottom);
  context.fillStyle = colour("--accent");
  context.globalAlpha = 0.22;
  context.fill();
  context.globalAlpha = 1;
  context.fillStyle = colour("--line");
  context.fillRect(plot.left, bottom, plot.right - plot.left, 1);
  context.fillStyle = colour("--muted");
  context.textAlign = "right";
  context.fillText("p = 1", plot.left - 6, top + 4);
  context.fillText("0", plot.left - 6, bottom - 2);
  context.textAlign = "left";
}

function drawStatusStrip(context, { plot, x }, top) {
  for (let i = 0; i < numFrames; i++) {
    const from = x(frameTime[i]), to = i + 1 < numFrames ? x(frameTime[i + 1]) : plot.right;
    context.fillStyle = colour(STATUS[data.frames.status[i]].colour);
    context.fillRect(from, top, to - from + 0.4, CHART.strip - 2);
  }
}

function drawTimeAxis(context, { plot, x }, height) {
  const duration = frameTime[numFrames - 1] - frameTime[0];
  const step = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find((seconds) => duration / seconds <= 14) || 1200;
  context.fillStyle = colour("--muted");
  context.textAlign = "center";
  for (let time = 0; time <= duration; time += step) {
    context.fillText(`${time} s`, x(frameTime[0] + time), height - CHART.axis / 2);
  }
  context.textAlign = "left";
}

function listenToChart(goTo) {
  const box = document.getElementById("chart");
  let dragging = false;
  const seek = (event) => {
    const rectangle = box.getBoundingClientRect();
    const time = chartScales(rectangle.width, rectangle.height).timeAt(event.clientX - rectangle.left);
    goTo(Math.max(binarySearch(frameTime, time), 0));
  };
  box.addEventListener("pointerdown", (event) => { dragging = true; box.setPointerCapture(event.pointerId); seek(event); });
  box.addEventListener("pointermove", (event) => { if (dragging) seek(event); });
  for (const name of ["pointerup", "pointercancel"]) box.addEventListener(name, () => { dragging = false; });
}

// One number, the frame, moves everything.
const state = { frame: 0, playing: false, playFrom: null };
const slider = document.getElementById("slider");
let drawRequested = false;

function goTo(frame) {
  state.frame = Math.min(Math.max(Math.round(frame), 0), numFrames - 1);
  slider.value = state.frame;
  redraw();
}

function redraw() {
  if (drawRequested) return;
  drawRequested = true;
  requestAnimationFrame(() => { drawRequested = false; drawAll(); });
}

function drawAll() {
  aimMap(state.frame);
  drawMapBase();
  drawMapTop(state.frame);
  drawCamera(state.frame, redraw);
  drawScan(state.frame);
  drawChart(state.frame);
  fillReadout(state.frame);
}

const seconds = (frame) => frameTime[frame] - frameTime[0];
const metres = (value) => (Number.isFinite(value) ? `${value.toFixed(value < 10 ? 2 : 0)} m` : "–");
const degrees = (radians) => {
  const wrapped = Math.atan2(Math.sin(radians), Math.cos(radians));
  return Number.isFinite(wrapped) ? `${((Math.abs(wrapped) * 180) / Math.PI).toFixed(2)}°` : "–";
};

function fillReadout(frame) {
  const status = STATUS[data.frames.status[frame]];
  const [xx, , yy] = data.frames.covariance.subarray(3 * frame, 3 * frame + 3);
  const pose = estimateOf(frame);
  const rows = [
    ["time", `${seconds(frame).toFixed(1)} s`],
    ["belief at the pose", (data.frames.probability[frame] / 255).toFixed(2)],
    ["places in the belief", String(data.belief.num_places[frame])],
    [isFix(frame) ? "position error" : "best guess is off by", metres(errors[frame])],
    ["heading error", degrees(pose.yaw - truthOf(frame).yaw)],
    ["1σ east, north", `${metres(Math.sqrt(xx))}, ${metres(Math.sqrt(yy))}`],
    ["x east, y north", `${pose.x.toFixed(1)}, ${pose.y.toFixed(1)} m`],
    ["heading", `${((pose.yaw * 180) / Math.PI).toFixed(1)}°`],
  ];
  const list = document.getElementById("readout");
  list.replaceChildren();
  const badge = append(list, "dt", "status") && append(list, "dd", status.name);
  badge.className = "badge";
  badge.style.background = `var(${status.colour})`;
  for (const [name, value] of rows) {
    append(list, "dt", name);
    append(list, "dd", value);
  }
  document.getElementById("clock").textContent =
    `${seconds(frame).toFixed(1)} s of ${seconds(numFrames - 1).toFixed(1)} s, frame ${frame}`;
}

function append(parent, tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  parent.append(element);
  return element;
}

function setPlaying(playing) {
  state.playing = playing;
  document.getElementById("play").textContent = playing ? "Pause" : "Play";
  if (!playing) return;
  if (state.frame === numFrames - 1) goTo(0);
  state.playFrom = null;
  requestAnimationFrame(playOn);
}

function playOn(now) {
  if (!state.playing) return;
  const speed = Number(document.getElementById("speed").value);
  if (!state.playFrom || state.playFrom.speed !== speed) {
    state.playFrom = { now, time: frameTime[state.frame], speed };
  }
  const time = state.playFrom.time + ((now - state.playFrom.now) / 1000) * speed;
  const frame = binarySearch(frameTime, time);
  if (frame !== state.frame) goTo(frame);
  if (frame >= numFrames - 1) setPlaying(false); else requestAnimationFrame(playOn);
}

const KEYS = {
  " ": () => setPlaying(!state.playing),
  ArrowLeft: (event) => goTo(state.frame - (event.shiftKey ? 10 : 1)),
  ArrowRight: (event) => goTo(state.frame + (event.shiftKey ? 10 : 1)),
  Home: () => goTo(0),
  End: () => goTo(numFrames - 1),
  c: () => setMapMode("city"),
  d: () => setMapMode("drive"),
  f: () => setMapMode("follow"),
  t: otherTheme,
  l: () => showLabels(!showsLabels),
};

function listen() {
  slider.max = numFrames - 1;
  slider.addEventListener("input", () => { setPlaying(false); goTo(Number(slider.value)); });
  document.getElementById("play").addEventListener("click", () => setPlaying(!state.playing));
  document.getElementById("theme").addEventListener("click", KEYS.t);
  document.getElementById("labels").addEventListener("click", () => { KEYS.l(); redraw(); });
  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => { setMapMode(button.dataset.view); redraw(); });
  }
  window.addEventListener("keydown", (event) => {
    const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
    event.preventDefault();
    if (event.key.startsWith("Arrow")) setPlaying(false);
    act(event);
    redraw();
  });
  listenToMap(redraw);
  listenToChart((frame) => { setPlaying(false); goTo(frame); });
  new ResizeObserver(() => { if (mapView.mode !== "free") setMapMode(mapView.mode); redraw(); })
    .observe(document.getElementById("map"));
  window.addEventListener("hashchange", followHash);
}

// #frame=120&view=city&theme=dark&labels=1 opens the page there.
function followHash() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  if (wanted.has("theme")) setTheme(wanted.get("theme"));
  if (["city", "drive", "follow"].includes(wanted.get("view"))) setMapMode(wanted.get("view"));
  if (wanted.has("labels")) showLabels(wanted.get("labels") === "1");
  if (wanted.has("frame")) goTo(Number(wanted.get("frame")) || 0);
}

function fillStatusLegend() {
  const legend = document.getElementById("status-legend");
  const seen = new Set(data.frames.status);
  const entry = (name, style) => {
    const span = append(legend, "span", "");
    const mark = append(span, "i", "");
    mark.className = "swatch";
    mark.style.background = style;
    span.append(name);
  };
  STATUS.forEach((status, i) => { if (seen.has(i)) entry(status.name, `var(${status.colour})`); });
  entry("position error of a fix", "var(--error)");
  entry("of the best guess", "var(--unknown)");
  entry("belief around the pose", "var(--accent)");
}

setTheme(PREFERRED_THEME);
document.getElementById("camera").style.setProperty("--camera-aspect", data.views.width / data.views.height);
fillStatusLegend();
setMapMode("drive");
listen();
goTo(0);
followHash();
// The first picture does not wait for an animation frame: a page in the background gets none.
drawAll();

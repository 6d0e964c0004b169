// What is chosen: a city under a condition, and a measure of the table.
const CLASSES = [[0.01, "--near", "in the best 1 %"], [0.1, "--middle", "1 to 10 %"], [0.5, "--far", "10 to 50 %"],
  [1, "--lost-far", "beyond"]];
const choice = { result: 0, pointed: -1 };
let drawRequested = false;

const resultOf = () => data.results[choice.result];
const classOf = (rank) => CLASSES.findIndex(([share]) => rank <= Math.max(1, share * resultOf().num_places));

function redraw() {
  if (drawRequested) return;
  drawRequested = true;
  requestAnimationFrame(() => { drawRequested = false; drawMap(); });
}

function drawMap() {
  drawMapBase();
  const { context, width, height, ratio } = sized(document.getElementById("map-top"));
  if (!width) return;
  toMapFrame(context, width, height, ratio);
  const pixel = 1 / mapView.scale;
  const { xy, rank } = resultOf();
  // The worst on top: they are few.
  const order = Array.from(rank.keys()).sort((a, b) => rank[a] - rank[b]);
  for (const i of order) drawQuery(context, xy[2 * i], xy[2 * i + 1], CLASSES[classOf(rank[i])][1], 4 * pixel, pixel);
  if (choice.pointed >= 0) drawPointed(context, choice.pointed, pixel);
}

function drawQuery(context, x, y, name, radius, pixel) {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fillStyle = colour(name);
  context.strokeStyle = colour("--panel");
  context.lineWidth = 0.8 * pixel;
  context.fill();
  context.stroke();
}

function drawPointed(context, i, pixel) {
  const { xy, found_xy: found, rank } = resultOf();
  context.beginPath();
  context.moveTo(xy[2 * i], xy[2 * i + 1]);
  context.lineTo(found[2 * i], found[2 * i + 1]);
  context.strokeStyle = colour("--text");
  context.lineWidth = 1.5 * pixel;
  context.stroke();
  drawQuery(context, xy[2 * i], xy[2 * i + 1], CLASSES[classOf(rank[i])][1], 7 * pixel, pixel);
  drawQuery(context, found[2 * i], found[2 * i + 1], "--text", 4 * pixel, pixel);
}

function setMapMode(mode) {
  mapView.mode = mode;
  if (mode === "city") fitMap(data.map.bounds_m);
  for (const button of document.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", String(button.dataset.view === mode));
  }
}

function fillMapLegend() {
  const legend = document.getElementById("map-legend");
  legend.replaceChildren();
  const counts = CLASSES.map(() => 0);
  for (const rank of resultOf().rank) counts[classOf(rank)]++;
  CLASSES.forEach(([, name, words], i) => {
    const entry = document.createElement("span");
    const mark = document.createElement("i");
    mark.className = "swatch";
    mark.style.background = `var(${name})`;
    entry.append(mark, `${words}: ${counts[i]}`);
    legend.append(entry);
  });
}

function pointAt(event) {
  const box = document.getElementById("map").getBoundingClientRect();
  const x = event.clientX - box.left, y = event.clientY - box.top;
  const { xy, rank, found_xy: found, num_places: places } = resultOf();
  let nearest = -1, least = 12;
  for (let i = 0; i < rank.length; i++) {
    const gap = Math.hypot((xy[2 * i] - mapView.x) * mapView.scale + box.width / 2 - x,
      box.height / 2 - (xy[2 * i + 1] - mapView.y) * mapView.scale - y);
    if (gap < least) [nearest, least] = [i, gap];
  }
  const tip = document.getElementById("tip");
  tip.hidden = nearest < 0;
  if (nearest >= 0) {
    const away = Math.hypot(xy[2 * nearest] - found[2 * nearest], xy[2 * nearest + 1] - found[2 * nearest + 1]);
    tip.textContent = `query ${nearest}: rank ${rank[nearest].toFixed(0)} of ${places} ` +
      `(${((100 * rank[nearest]) / places).toFixed(2)} %), found ${away.toFixed(0)} m away`;
    tip.style.left = `${Math.min(x + 12, Math.max(0, box.width - 250))}px`;
    tip.style.top = `${y + (y > box.height - 70 ? -50 : 14)}px`;
  }
  if (nearest !== choice.pointed) {
    choice.pointed = nearest;
    redraw();
  }
}

function chooseResult(number) {
  if (!(number in data.results)) return;
  const moved = data.results[number].city !== resultOf().city;
  choice.result = number;
  choice.pointed = -1;
  document.getElementById("tip").hidden = true;
  document.getElementById("result").value = number;
  for (const part of document.querySelectorAll("[data-result]")) part.hidden = part.dataset.result !== String(number);
  if (moved) {
    setCity(data.cities[resultOf().city]);
    setMapMode("city");
  }
  fillMapLegend();
  redraw();
}

function chooseMeasure(name) {
  const parts = [...document.querySelectorAll("[data-measure]")];
  if (!parts.some((part) => part.dataset.measure === name)) return;
  for (const part of parts) part.hidden = part.dataset.measure !== name;
  for (const button of document.querySelectorAll("[data-choose-measure]")) {
    button.setAttribute("aria-pressed", String(button.dataset.chooseMeasure === name));
  }
}

const KEYS = { c: () => { setMapMode("city"); redraw(); }, t: otherTheme };

function listen() {
  document.getElementById("theme").addEventListener("click", KEYS.t);
  document.querySelector('[data-view="city"]').addEventListener("click", KEYS.c);
  document.getElementById("result").addEventListener("change", (event) => chooseResult(Number(event.target.value)));
  for (const button of document.querySelectorAll("[data-choose-measure]")) {
    button.addEventListener("click", () => chooseMeasure(button.dataset.chooseMeasure));
  }
  window.addEventListener("keydown", (event) => {
    const act = KEYS[event.key.toLowerCase()];
    if (act && !event.ctrlKey && !event.metaKey && !event.altKey && event.target.tagName !== "SELECT") act();
  });
  document.getElementById("map").addEventListener("pointermove", pointAt);
  listenToMap(redraw);
  new ResizeObserver(() => { if (mapView.mode === "city") setMapMode("city"); redraw(); })
    .observe(document.getElementById("map"));
  window.addEventListener("hashchange", followHash);
}

// #result=1&measure=r10m&theme=dark opens the page there.
function followHash() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  if (wanted.has("theme")) setTheme(wanted.get("theme"));
  if (wanted.has("measure")) chooseMeasure(wanted.get("measure"));
  if (wanted.has("result")) chooseResult(Number(wanted.get("result")));
}

setTheme(PREFERRED_THEME);
chooseMeasure(document.querySelector("[data-measure]").dataset.measure);
setMapMode("city");
listen();
chooseResult(0);
followHash();
// The first picture does not wait for an animation frame: a page in the background gets none.
drawMap();

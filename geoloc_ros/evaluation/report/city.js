// The city: a base layer that is redrawn when the view moves. `setMapMode` is the page's.
const TILE_M = 400;
const mapView = { x: 0, y: 0, scale: 1, mode: "city" }; // centre in metres, pixels per metre

// Lines as paths, filed by where the first line of their group starts: a courtyard is a ring of its own, and even-odd
// filling leaves it open only where it shares a path with its outline.
function tilesOf(layer, group, closed) {
  const tiles = new Map();
  let anchor = "";
  for (let i = 0; i + 1 < layer.start.length; i++) {
    if (i === 0 || !group || group[i] !== group[i - 1]) {
      const first = layer.start[i];
      anchor = `${Math.floor(mapX(layer.xy[2 * first]) / TILE_M)},${Math.floor(mapY(layer.xy[2 * first + 1]) / TILE_M)}`;
    }
    let tile = tiles.get(anchor);
    if (!tile) tiles.set(anchor, tile = { path: new Path2D(), box: [Infinity, Infinity, -Infinity, -Infinity] });
    for (let j = layer.start[i]; j < layer.start[i + 1]; j++) {
      const x = mapX(layer.xy[2 * j]), y = mapY(layer.xy[2 * j + 1]);
      if (j > layer.start[i]) tile.path.lineTo(x, y); else tile.path.moveTo(x, y);
      tile.box = [Math.min(tile.box[0], x), Math.min(tile.box[1], y), Math.max(tile.box[2], x), Math.max(tile.box[3], y)];
    }
    if (closed) tile.path.closePath();
  }
  return [...tiles.values()];
}

const layersOf = (map) => ({
  buildings: tilesOf(map.buildings, map.buildings.building, true), roads: tilesOf(map.roads, null, false),
});
let mapLayers = layersOf(data.map);

function setCity(map) {
  data.map = map;
  mapLayers = layersOf(map);
}

// Draw the layers into a context whose transform maps metres to pixels.
function drawCity(context, box, metresPerPixel) {
  const visible = (tile) =>
    tile.box[0] < box[2] && tile.box[2] > box[0] && tile.box[1] < box[3] && tile.box[3] > box[1];
  context.lineJoin = context.lineCap = "round";
  for (const [name, width] of [["--road-line", 8.5], ["--road", 7]]) {
    context.strokeStyle = colour(name);
    context.lineWidth = Math.max(width, metresPerPixel * (name === "--road" ? 1 : 1.8));
    for (const tile of mapLayers.roads) if (visible(tile)) context.stroke(tile.path);
  }
  context.fillStyle = colour("--tree");
  const trees = data.map.tree_xy;
  if (metresPerPixel < 2) {
    for (let i = 0; i < trees.length; i += 2) {
      context.beginPath();
      context.arc(mapX(trees[i]), mapY(trees[i + 1]), 2, 0, 7);
      context.fill();
    }
  }
  context.fillStyle = colour("--building");
  context.strokeStyle = colour("--building-line");
  context.lineWidth = metresPerPixel * (metresPerPixel < 1.5 ? 1 : 0.5);
  for (const tile of mapLayers.buildings) {
    if (!visible(tile)) continue;
    context.fill(tile.path, "evenodd");
    context.stroke(tile.path);
  }
}

function toMapFrame(context, width, height, ratio) {
  const { x, y, scale } = mapView;
  context.setTransform(scale * ratio, 0, 0, -scale * ratio, (width / 2 - x * scale) * ratio,
    (height / 2 + y * scale) * ratio);
}

function drawMapBase() {
  const { context, width, height, ratio } = sized(document.getElementById("map-base"));
  if (!width) return;
  toMapFrame(context, width, height, ratio);
  const halfX = width / 2 / mapView.scale, halfY = height / 2 / mapView.scale;
  drawCity(context, [mapView.x - halfX, mapView.y - halfY, mapView.x + halfX, mapView.y + halfY], 1 / mapView.scale);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  drawScaleBar(context, height);
}

function drawScaleBar(context, height) {
  const lengths = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
  const length = lengths.find((metres) => metres * mapView.scale > 55) || 10000;
  context.fillStyle = context.strokeStyle = colour("--text");
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(12, height - 16);
  context.lineTo(12, height - 11);
  context.lineTo(12 + length * mapView.scale, height - 11);
  context.lineTo(12 + length * mapView.scale, height - 16);
  context.stroke();
  context.font = "11px system-ui, sans-serif";
  context.fillText(length >= 1000 ? `${length / 1000} km` : `${length} m`, 17, height - 16);
}

function fitMap(box) {
  const canvas = document.getElementById("map-base");
  mapView.x = (box[0] + box[2]) / 2;
  mapView.y = (box[1] + box[3]) / 2;
  mapView.scale = 0.94 * Math.min(canvas.clientWidth / Math.max(box[2] - box[0], 1),
    canvas.clientHeight / Math.max(box[3] - box[1], 1));
}

function listenToMap(redraw) {
  const box = document.getElementById("map");
  let grabbed = null;
  box.addEventListener("pointerdown", (event) => {
    grabbed = { x: event.clientX, y: event.clientY };
    box.setPointerCapture(event.pointerId);
  });
  box.addEventListener("pointermove", (event) => {
    if (!grabbed) return;
    mapView.x -= (event.clientX - grabbed.x) / mapView.scale;
    mapView.y += (event.clientY - grabbed.y) / mapView.scale;
    grabbed = { x: event.clientX, y: event.clientY };
    setMapMode("free");
    redraw();
  });
  for (const name of ["pointerup", "pointercancel"]) box.addEventListener(name, () => { grabbed = null; });
  box.addEventListener("wheel", (event) => {
    event.preventDefault();
    const rectangle = box.getBoundingClientRect();
    const right = event.clientX - rectangle.left - rectangle.width / 2;
    const up = rectangle.height / 2 - (event.clientY - rectangle.top);
    const factor = Math.exp(-event.deltaY * 0.0015);
    const scale = Math.min(Math.max(mapView.scale * factor, 0.01), 40);
    if (mapView.mode !== "follow") { // the point under the pointer stays there
      mapView.x += right / mapView.scale - right / scale;
      mapView.y += up / mapView.scale - up / scale;
      setMapMode("free");
    }
    mapView.scale = scale;
    redraw();
  }, { passive: false });
}

// Colours are the style sheet's; canvases ask for them again when the theme changes.
const colourCache = new Map();
function colour(name) {
  if (!colourCache.has(name)) {
    colourCache.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  }
  return colourCache.get(name);
}

const PREFERRED_THEME = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
function setTheme(theme) { // `redraw` is the page's
  document.documentElement.dataset.theme = theme;
  colourCache.clear();
  redraw();
}
const otherTheme = () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");

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

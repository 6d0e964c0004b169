function turn() {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
}
document.getElementById("theme").addEventListener("click", turn);
document.addEventListener("keydown", (event) => { if (event.key === "t" || event.key === "T") turn(); });
if (location.hash === "#theme=dark") turn();

// The wheel looks closer around the pointer, dragging moves, a double click shows all again.
const map = document.querySelector("svg.clusters");
if (map) {
  const all = map.getAttribute("viewBox").split(" ").map(Number);
  let box = [...all], grip = null;
  const show = () => map.setAttribute("viewBox", box.join(" "));
  map.addEventListener("wheel", (event) => {
    event.preventDefault();
    const part = map.getBoundingClientRect();
    const factor = Math.min(all[2] / box[2], Math.max(0.005 * all[2] / box[2], Math.exp(event.deltaY * 0.0015)));
    const x = (event.clientX - part.left) / part.width, y = (event.clientY - part.top) / part.height;
    box = [box[0] + x * box[2] * (1 - factor), box[1] + y * box[3] * (1 - factor), box[2] * factor, box[3] * factor];
    show();
  }, { passive: false });
  map.addEventListener("pointerdown", (event) => { grip = [event.clientX, event.clientY]; });
  window.addEventListener("pointerup", () => { grip = null; });
  map.addEventListener("pointermove", (event) => {
    if (!grip) return;
    const part = map.getBoundingClientRect();
    box[0] -= ((event.clientX - grip[0]) / part.width) * box[2];
    box[1] -= ((event.clientY - grip[1]) / part.height) * box[3];
    grip = [event.clientX, event.clientY];
    show();
  });
  map.addEventListener("dblclick", () => { box = [...all]; show(); });
}

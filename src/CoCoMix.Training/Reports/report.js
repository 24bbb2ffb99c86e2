for (const figure of document.querySelectorAll("figure.chart")) {
  const svg = figure.querySelector("svg"), tip = figure.querySelector(".tip"), cursor = svg.querySelector(".cursor");
  const width = svg.viewBox.baseVal.width;
  const curves = Array.from(svg.querySelectorAll("path"), path => ({
    name: path.dataset.name, color: path.getAttribute("class"),
    points: JSON.parse(path.dataset.points).map(([x, y, xText, yText]) => ({ x: +x, y: +y, xText, yText })),
  }));
  const nearest = (points, x) => points.reduce((a, b) => Math.abs(a.x - x) > Math.abs(b.x - x) ? b : a);
  const row = (name, value, color) => {
    const line = document.createElement("div"), strong = document.createElement("b");
    strong.textContent = value;
    strong.className = color;
    line.append(name + " ", strong);
    return line;
  };
  svg.addEventListener("pointerleave", () => { tip.hidden = true; cursor.setAttribute("visibility", "hidden"); });
  svg.addEventListener("pointermove", event => {
    const box = svg.getBoundingClientRect(), scale = width / box.width;
    const filled = curves.filter(curve => curve.points.length);
    if (!filled.length) return;
    const at = nearest(filled.flatMap(curve => curve.points), (event.clientX - box.left) * scale);
    const shown = filled.map(curve => ({ curve, point: nearest(curve.points, at.x) })).filter(s => 8 > Math.abs(s.point.x - at.x));
    shown.sort((a, b) => a.point.y - b.point.y);
    tip.replaceChildren(row(svg.dataset.x, at.xText, ""), ...shown.map(s => row(s.curve.name, s.point.yText, s.curve.color)));
    tip.hidden = false;
    tip.style.left = Math.max(0, Math.min(at.x / scale + 12, box.width - tip.offsetWidth)) + "px";
    cursor.setAttribute("x1", at.x);
    cursor.setAttribute("x2", at.x);
    cursor.setAttribute("visibility", "visible");
  });
}
